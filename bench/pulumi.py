"""Registering resources with a Pulumi engine, by token and by typed classes."""

from __future__ import annotations

from pathlib import Path

from bench.environments import MissingError, ready
from bench.process import Ran, run, side
from bench.sizes import sizes
from bench.table import Row, Section, against, alternate, at_most, missing

SMALLEST, SECONDS, MEGABYTES = 30, 0.5, 100.0
ABOUT = (
    "Seconds from a program's first line until the engine has answered its last registration, imports not counted, and "
    "the peak memory of the program's process beyond that of a bare interpreter. The engine answers at once, from "
    "another process. By token and typed: as many ConfigMaps. A platform: a local project with as many resources, "
    "which is compiled first, has a component for each data store, and a record."
)


def measure() -> Section:
    """Measure both, in alternating order, and a whole platform."""
    section = Section("pulumi", "Pulumi", ABOUT)
    ours, peer, why = ready("modelwright-pulumi").python, None, ""
    try:
        typed = ready("pulumi-kubernetes")
        peer, section.versions = typed.python, [typed.version("pulumi"), typed.version("pulumi-kubernetes")]
    except MissingError as error:
        why = str(error)
    for size in sizes(3, 3, 3):
        count, label = SMALLEST * size.times, f"{size.name}: {SMALLEST * size.times} resources"

        def by_token(_: int, *, count: int = count) -> Ran:
            return side(ours, "pulumi_modelwright.py", count=count, whole=False)

        def by_class(_: int, *, count: int = count) -> Ran:
            assert peer is not None
            return side(peer, "pulumi_typed.py", count=count)

        def whole(_: int, *, count: int = count) -> Ran:
            return side(ours, "pulumi_modelwright.py", count=count, whole=True)

        found = alternate([by_token, whole, *([by_class] if peer else [])], size.rounds)
        bare = _bare(ours)
        for what, rounds in (("by token", found[0]), ("a platform", found[1])):
            limits = (SECONDS, MEGABYTES) if size.judged else (None, None)
            section.rows.append(at_most(f"{what}, time", label, "s", _said(rounds, "seconds"), limits[0]))
            memory = [peak - bare for peak in _said(rounds, "peak")]
            section.rows.append(at_most(f"{what}, memory", label, "MB", memory, limits[1]))
        section.rows += _beside(label, found, bare, why)
    return section


def _bare(python: Path) -> float:
    """Return the peak of an interpreter that does nothing, in MB, read as the sides read theirs."""
    code = (
        "import json, pathlib; status = pathlib.Path('/proc/self/status').read_text(); "
        "print(json.dumps({'peak': int(status.partition('VmHWM:')[2].split()[0]) / 1024}))"
    )
    return float(run([str(python), "-c", code]).said["peak"])


def _said(rounds: list[Ran], what: str) -> list[float]:
    return [float(one.said[what]) for one in rounds]


def _beside(label: str, found: list[list[Ran]], bare: float, why: str) -> list[Row]:
    mine = found[0]
    if why:
        return [missing("by token beside typed classes", label, "s", _said(mine, "seconds"), why)]
    typed = found[2]
    return [
        against("by token, time", label, "s", _said(mine, "seconds"), _said(typed, "seconds"), peer_name="typed"),
        against("by token, memory", label, "MB", [peak - bare for peak in _said(mine, "peak")],
                [peak - bare for peak in _said(typed, "peak")], peer_name="typed"),
    ]  # fmt: skip
