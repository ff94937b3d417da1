"""What a monitor's results say, as pure functions: what counts, in which order, and whether k of n were violated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from modelwright.store import Store
from modelwright.workload.monitor.result import Result, Status, result_of

__all__ = ["Result", "counted", "drift_share", "latest_results", "matches", "result_of", "violations"]


def latest_results(store: Store, monitor: str, last: int | None = None) -> tuple[Result, ...]:
    """Return one result per window, version and check, oldest window first: the one that counts.

    That is the first revision, made from what had arrived when the window closed; `revised` holds the newest one.
    With `last`, only so many of the newest windows are read.
    """
    keys = store.keys(f"results/{monitor}/")
    if last is not None:
        kept = set(sorted({_window(key) for key in keys})[-last:])
        keys = [key for key in keys if _window(key) in kept]
    revisions: dict[tuple[str, str], list[int]] = {}
    for key in keys:
        name, _, number = key.removesuffix(".json").rpartition(".")
        folder, _, check = name.rpartition("/")
        if number.isdecimal():
            revisions.setdefault((folder, check), []).append(int(number))
    found = [_read(store, folder, check, numbers) for (folder, check), numbers in revisions.items()]
    return tuple(sorted(found, key=lambda r: (r.window, r.version, r.variant, r.check_id)))


def _window(key: str) -> str:
    return key.split("/")[2]


def _read(store: Store, folder: str, check: str, revisions: Sequence[int]) -> Result:
    first = _one(store, folder, check, min(revisions))
    return first if len(revisions) == 1 else replace(first, revised=_one(store, folder, check, max(revisions)))


def _one(store: Store, folder: str, check: str, revision: int) -> Result:
    data = store.get(f"{folder}/{check}.{revision}.json")
    assert data is not None  # results are never deleted one by one
    return result_of(json.loads(data), check)


def matches(result: Result, name: str) -> bool:
    """Return whether `Retrain(on=[name])` means this result: its check's id, metric or kind."""
    return name in {result.check_id, result.check_id.partition(".")[0], result.check.get("kind")} or (
        result.check.get("kind") == "performance" and result.check.get("metric") == name
    )


def counted(results: Iterable[Result], check_id: str, version: int, since: datetime | None = None) -> list[Status]:
    """Return the statuses of one check of one version that count, in the order of their windows.

    Windows without enough rows or labels, and those that could not be computed, are skipped, and so is mirrored
    traffic; with `since`, windows that ended before (a release restarts the count).
    """
    chosen = [
        result
        for result in results
        if result.check_id == check_id
        and result.version == version
        and not result.shadow
        and result.status in {"ok", "violated"}
        and (since is None or result.window[1] > since)
    ]
    return [result.status for result in sorted(chosen, key=lambda r: r.window)]


def violations(
    results: Iterable[Result], on: Sequence[str], k: int, n: int, *, version: int, since: datetime | None = None
) -> tuple[str, ...]:
    """Return the checks named by `on` of which at least `k` of the last `n` counted windows were violated."""
    own = [result for result in results if any(matches(result, name) for name in on)]
    checks = sorted({result.check_id for result in own})
    return tuple(check for check in checks if counted(own, check, version, since)[-n:].count("violated") >= k)


def drift_share(results: Iterable[Result]) -> dict[str, float]:
    """Return, by check, the share of the reference's own windows that would have violated its threshold."""
    known = {r.check_id: r.detail.get("false_alarms") for r in sorted(results, key=lambda r: r.window)}
    return {check: share for check, share in known.items() if share is not None}
