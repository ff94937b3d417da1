"""The state of a stream in a process that has just begun. Argument: folder."""

from __future__ import annotations

import json
import sys
import time

from modelwright.ledger.stream import Ledger
from modelwright.lifecycle.states import fold_training
from modelwright.store import open_store


def main() -> None:
    """Read, check the chain, fold; say how long it took and what the state is."""
    start = time.perf_counter()
    events = Ledger(open_store(json.loads(sys.argv[1])["folder"])).stream("training/bench").events()
    state = fold_training(events)
    seconds = time.perf_counter() - start
    done = sum(run.state == "succeeded" for run in state.runs.values())
    print(json.dumps({"seconds": seconds, "events": len(events), "succeeded": done}))


if __name__ == "__main__":
    main()
