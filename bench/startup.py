"""How long a user waits before anything happens: the commands typed most, from a console script with bytecode."""

from __future__ import annotations

import statistics

from bench.environments import ready
from bench.process import Ran, run
from bench.table import Row, Section, Spread, at_most

ROUNDS = 20


def measure() -> Section:
    """Measure `modelwright --help`, the import, and Python itself; targets are on the mean of 20 rounds."""
    ours = ready("modelwright")
    python = str(ours.python)
    commands = {
        "CPU of `modelwright --help`": ([str(ours.script("modelwright")), "--help"], 0.08),
        "CPU of `python -c 'import modelwright'`": ([python, "-c", "import modelwright"], None),
        "CPU of `python -c pass`": ([python, "-c", "pass"], None),
    }
    section = Section(
        "startup",
        "Start",
        "Processor time of a process, children included; the mean of 20 after one that fills caches.",
    )
    for name, (command, limit) in commands.items():
        run(command)
        section.rows.append(_row(name, [run(command) for _ in range(ROUNDS)], limit))
    alone = [run([python, "-c", _IMPORT]).said["seconds"] for _ in range(ROUNDS)]
    section.rows.append(
        at_most("`import modelwright`, inside the process (CPU)", "", "s", [statistics.mean(alone)], 0.05)
    )
    return section


_IMPORT = (
    "import time, json; start = time.process_time(); import modelwright;"
    "print(json.dumps({'seconds': time.process_time() - start}))"
)


def _row(name: str, ran: list[Ran], limit: float | None) -> Row:
    used = [one.cpu for one in ran]
    row = at_most(name, "", "s", [statistics.mean(used)], limit)
    return Row(row.what, "", "s", Spread(statistics.mean(used), min(used), max(used)), target=row.target, met=row.met)
