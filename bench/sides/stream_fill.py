"""Append runs to a training stream until it has so many events. Arguments: folder, events. Says seconds per append."""

from __future__ import annotations

import json
import sys
import time

from modelwright.ledger.stream import Ledger
from modelwright.store import open_store


def main() -> None:
    """Append, three events a run."""
    given = json.loads(sys.argv[1])
    stream = Ledger(open_store(given["folder"])).stream("training/bench")
    first = stream.head[0] // 3 if stream.events() else 0
    start, appended = time.perf_counter(), 0
    for number in range(first, given["events"] // 3):
        run = f"bench-{number + 1}"
        queued = {"run": run, "hyperparameters": {"depth": number % 9}, "origin": "person", "data": ""}
        finished = {
            "run": run,
            "status": "succeeded",
            "metrics": {"auc": 0.8},
            "model": "sha256:" + "0" * 64,
            "error": None,
        }
        stream.append("run.queued", queued, key=f"{run}/queued")
        stream.append("run.started", {"run": run}, key=f"{run}/started")
        stream.append("run.finished", finished, key=f"{run}/finished")
        appended += 3
    print(json.dumps({"appended": appended, "each": (time.perf_counter() - start) / max(appended, 1)}))


if __name__ == "__main__":
    main()
