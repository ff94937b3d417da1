"""What the product wrote down: results, events, evaluations and manifests, read as the files that they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.story.raw import seconds

MONITOR, ENDPOINT = "delay-watch", "delay-api"


@dataclass(frozen=True)
class Kept:
    """The control store of one story."""

    control: Path

    def results(self, check: str, *, first: bool = False) -> list[dict[str, Any]]:
        """Return the results of a check by window, version and revision; with `first`, only those that count."""
        files = self.control.glob(f"results/{MONITOR}/*/*/{check}.{'0' if first else '*'}.json")
        found = [json.loads(file.read_bytes()) for file in files]
        return sorted(found, key=lambda result: (result["window"], result["version"], result["revision"]))

    def events(self, stream: str, *kinds: str) -> list[dict[str, Any]]:
        """Return the events of a stream in their order, those of some kinds if any are named."""
        files = sorted(self.control.glob(f"ledger/v1/{stream}/*.json"))
        found = [json.loads(file.read_bytes()) for file in files]
        return [event for event in found if not kinds or event["kind"] in kinds]

    def evaluation(self, name: str) -> dict[str, Any]:
        """Return an evaluation's result."""
        found: dict[str, Any] = json.loads((self.control / "evaluations" / name / "result.json").read_bytes())
        return found

    @cached_property
    def models(self) -> dict[int, Path]:
        """The folder of every registered version."""
        registered = self.events("model/delay", "version.registered")
        digests = {event["body"]["version"]: event["body"]["digest"].removeprefix("sha256:") for event in registered}
        return {version: self.control / "models" / digest for version, digest in digests.items()}

    def manifest(self, version: int) -> dict[str, Any]:
        """Return the manifest of a version."""
        found: dict[str, Any] = json.loads((self.models[version] / "manifest.json").read_bytes())
        return found

    def learned_days(self, version: int) -> set[str]:
        """Return the days that a version was trained on."""
        return set(self.manifest(version)["training_data"]["flights"]["blocks"])


def at(event: dict[str, Any]) -> int:
    """Return when an event happened."""
    return seconds(event["at"])


def window_of(result: dict[str, Any]) -> tuple[int, int]:
    """Return a result's window."""
    start, end = result["window"]
    return seconds(start), seconds(end)


def versions_of(events: Sequence[dict[str, Any]], alias: str) -> list[tuple[int, int | None]]:
    """Return when an alias was set to which version, in order."""
    return [(at(event), event["body"]["version"]) for event in events if event["body"].get("name") == alias]
