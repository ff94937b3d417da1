"""Drift of sixty columns, beside evidently's default preset."""

from __future__ import annotations

import tempfile

from bench.environments import MissingError, ready
from bench.process import Ran, side
from bench.sizes import Size, sizes
from bench.table import Section, against, alternate, missing

SMALLEST, LEAST = 100_000, 15.0
ABOUT = (
    "50 numeric and 10 categorical columns, six of them shifted, reference and current rows from Parquet files. "
    "modelwright profiles the reference, counts the current rows in its bins, and computes five statistics a column "
    "(PSI, JS, L∞, KS, Wasserstein); evidently's default preset computes one. Both must name the six "
    "columns and no other."
)


def measure() -> Section:
    """Measure both on the same planted rows."""
    section = Section("drift", "Drift", ABOUT)
    ours, why = ready("modelwright"), ""
    try:
        peer = ready("evidently")
        section.versions = [peer.version("evidently"), peer.version("pandas")]
    except MissingError as error:
        peer, why = None, str(error)
    for size in sizes(3, 2, 1):
        with tempfile.TemporaryDirectory(prefix="bench-drift-") as folder:
            planted = side(ours.python, "drift_data.py", folder=folder, rows=SMALLEST * size.times).said["shifted"]

            def counted(_: int, *, folder: str = folder) -> Ran:
                return side(ours.python, "drift_modelwright.py", folder=folder)

            def reported(_: int, *, folder: str = folder) -> Ran:
                assert peer is not None
                return side(peer.python, "drift_evidently.py", folder=folder)

            found = alternate([counted, reported] if peer else [counted], size.rounds)
            assert all(one.said["drifted"] == sorted(planted) for side_ in found for one in side_), "other columns"
            _fill(section, size, found, why)
    return section


def _fill(section: Section, size: Size, found: list[list[Ran]], why: str) -> None:
    label = f"{size.name}: {SMALLEST * size.times:,} rows"
    seconds, peaks = [one.said["seconds"] for one in found[0]], [one.peak for one in found[0]]
    if len(found) == 1:
        section.rows.append(missing("drift", label, "s", seconds, why))
        return
    least = LEAST if size.judged else None
    theirs = [one.said["seconds"] for one in found[1]]
    section.rows.append(against("drift", label, "s", seconds, theirs, peer_name="evidently", least=least))
    memory = [one.peak for one in found[1]]
    section.rows.append(against("peak memory", label, "MB", peaks, memory, peer_name="evidently"))
    known = [one.said["seconds"] - one.said["profiled"] for one in found[0]]
    note = "the reference's profile is stored with the model, so a monitor pays only this"
    section.rows.append(against("drift, known reference", label, "s", known, theirs, peer_name="evidently", note=note))
