"""Rows as a server captures them and truth as a labeller writes it, planted without the product's own writers."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from modelwright.stats.profile import Profile
from modelwright.store import DirectoryStore
from modelwright.workload.monitor import run
from modelwright.workload.monitor.state import Result, latest_results

MONDAY = datetime(2013, 3, 4, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = 7 * DAY


def spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def row(at: datetime, **changes: Any) -> dict[str, Any]:
    """One captured line; `inputs`, `output`, `keys`, `received`, `version` … may be given."""
    given: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "at": at,
        "received": at,
        "release": 1,
        "version": 1,
        "variant": "v1-r1",
        "keys": {},
        "inputs": {},
        "output": {"prediction": 0, "probability": 0.5},
        "flags": [],
        "ms": 1.0,
    }
    given |= changes
    return given | {"at": spelled(given["at"]), "received": spelled(given["received"])}


def capture(root: Path, rows: Iterable[Mapping[str, Any]], server: str = "s", endpoint: str = "api") -> None:
    """Write rows into the hours of their `at`, in the order given."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for each in rows:
        parts.setdefault(f"dt={each['at'][:10]}/hh={each['at'][11:13]}", []).append(each)
    for number, (part, lines) in enumerate(parts.items()):
        _write(root / f"capture/{endpoint}/{part}/{server}-{number}.jsonl.gz", lines)


def truth(root: Path, rows: Iterable[tuple[Mapping[str, Any], Any, datetime]], endpoint: str = "api") -> None:
    """Write (keys, label, received)."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for keys, label, received in rows:
        line = {"keys": keys, "label": label, "attributes": {}, "received": spelled(received)}
        parts.setdefault(spelled(received)[:10], []).append(line)
    for day, lines in parts.items():
        _write(root / f"truth/{endpoint}/dt={day}/{uuid.uuid4()}.jsonl.gz", lines)


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))


def keep(root: Path, profile: Profile) -> str:
    """Put a reference profile where registering puts it, and return its digest."""
    path = root / f"profiles/{profile.digest.removeprefix('sha256:')}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(profile.to_bytes())
    return profile.digest


def release(version: int, since: datetime, profile: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "release": version,
        "version": version,
        "variant": f"v{version}-r{version}",
        "profile": profile,
        "from": spelled(since),
        "model": None,
    } | changes


def watch(root: Path, now: datetime, checks: list[dict[str, Any]], **changes: Any) -> tuple[Result, ...]:
    """Run the monitor as of `now` and return its results."""
    config = {
        "schema": "modelwright.monitor/1",
        "monitor": "watch",
        "endpoint": "api",
        "window": WEEK.total_seconds(),
        "timezone": "UTC",
        "labels_within": None,
        "checks": checks,
        "keys": ["id"],
        "control": root.as_uri(),
        "now": spelled(now),
        "releases": [release(1, MONDAY, None)],
        "min_rows": 1,
    }
    assert run(config | changes) == 0
    return latest_results(DirectoryStore(root), "watch")


def spread(count: int, start: datetime, length: timedelta, seed: int = 0) -> list[datetime]:
    """Return moments evenly random in an interval."""
    shares = np.random.default_rng(seed).random(count)
    return [start + length * float(share) for share in shares]
