"""How long it takes until a process knows the state of a stream of decisions."""

from __future__ import annotations

import tempfile

from bench.environments import ready
from bench.process import side
from bench.sizes import sizes
from bench.table import Row, Section, Spread, at_most

SMALLEST = 1_000
LIMIT = 0.3


def measure() -> Section:
    """Fill one stream, further and further, and read it each time in processes that have just begun."""
    ours = ready("modelwright")
    section = Section(
        "stream",
        "State of a stream",
        "Read a stream of the ledger in a fresh process, check its chain and fold it into the state of its runs.",
    )
    with tempfile.TemporaryDirectory(prefix="bench-stream-") as folder:
        for size in sizes(5, 5, 7):
            events = SMALLEST * size.times // 3 * 3
            filled = side(ours.python, "stream_fill.py", folder=folder, events=events)
            ran = [side(ours.python, "stream_read.py", folder=folder) for _ in range(size.rounds)]
            assert all(one.said["events"] == events and one.said["succeeded"] == events // 3 for one in ran)
            seconds = [one.said["seconds"] for one in ran]
            limit = LIMIT if size.judged else None
            section.rows.append(at_most("state", f"{size.name}: {events:,} events", "s", seconds, limit))
            each = filled.said["each"] * 1000
            section.rows.append(Row("append, synced", f"{size.name}: {events:,} events", "ms", Spread.of([each])))
    return section
