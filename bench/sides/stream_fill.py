"""Append runs to a training stream until it has so many events. Arguments: folder, events. Says seconds per append."""

from __future__ import annotations

import json
import os
import sys
import time

from modelwright.ledger.stream import Ledger, Stream
from modelwright.store import open_store

SYNCED = 33
"""Runs at the end whose events are appended as ever; those before are not synced to disk, which saves minutes."""


def appended(stream: Stream, runs: range) -> float:
    """Append three events a run; return the seconds of one."""
    start = time.perf_counter()
    for number in runs:
        run = f"bench-{number + 1}"
        queued = {"run": run, "hyperparameters": {"depth": number % 9}, "origin": "person", "data": ""}
        model = "sha256:" + "0" * 64
        finished = {"run": run, "status": "succeeded", "metrics": {"auc": 0.8}, "model": model, "error": None}
        stream.append("run.queued", queued, key=f"{run}/queued")
        stream.append("run.started", {"run": run}, key=f"{run}/started")
        stream.append("run.finished", finished, key=f"{run}/finished")
    return (time.perf_counter() - start) / max(3 * len(runs), 1)


def main() -> None:
    """Append until there are so many."""
    given = json.loads(sys.argv[1])
    stream = Ledger(open_store(given["folder"])).stream("training/bench")
    first, last = stream.head[0] // 3, given["events"] // 3
    between = max(first, last - SYNCED)
    sync, os.fsync = os.fsync, lambda _: None
    appended(stream, range(first, between))
    os.fsync = sync
    each = appended(stream, range(between, last))
    print(json.dumps({"appended": 3 * (last - first), "each": each}))


if __name__ == "__main__":
    main()
