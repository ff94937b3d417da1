"""The point-in-time join, beside Feast's DuckDB offline store."""

from __future__ import annotations

import math
import tempfile

from bench.environments import MissingError, ready
from bench.process import Ran, side
from bench.sizes import Size, sizes
from bench.table import Section, against, alternate, missing

FEATURES, ENTITIES = 1_000_000, 100_000
LEAST = 4.0
ABOUT = (
    "Entities from a Parquet file, joined to features (5 floats, 100 rows a key over 90 days) with a time to live of "
    "30 days, to columns in memory. modelwright also honours `created_time`; here it equals the event's, and "
    "in the row `unevenly late` it is up to an hour later, so that rows may overtake each other. "
    "Time is from reading the entities to the joined columns, without imports; memory is the process's peak."
)


def measure() -> Section:
    """Measure both on the same planted rows."""
    section = Section("join", "Point-in-time join", ABOUT)
    ours, why = ready("modelwright"), ""
    try:
        peer = ready("feast")
        section.versions = [peer.version("feast"), peer.version("duckdb")]
    except MissingError as error:
        peer, why = None, str(error)
    for size in sizes(3, 3, 3):
        with tempfile.TemporaryDirectory(prefix="bench-join-") as folder:
            entities = ENTITIES * size.times
            planted = {"features": FEATURES * size.times, "entities": entities, "uneven": size.judged}
            side(ours.python, "join_data.py", folder=folder, **planted)

            def joined(_: int, *, folder: str = folder) -> Ran:
                return side(ours.python, "join_modelwright.py", folder=folder)

            def fed(_: int, *, folder: str = folder) -> Ran:
                assert peer is not None
                return side(peer.python, "join_feast.py", folder=folder)

            found = alternate([joined, fed] if peer else [joined], size.rounds)
            _fill(section, size, found, why, entities)
            if size.judged:
                uneven = [side(ours.python, "join_modelwright.py", folder=folder, lake="uneven") for _ in range(3)]
                seconds = [one.said["seconds"] for one in uneven]
                label = f"{size.name}: unevenly late"
                section.rows.append(missing("join", label, "s", seconds, "Feast does not ask when a row became known"))
    return section


def _fill(section: Section, size: Size, found: list[list[Ran]], why: str, entities: int) -> None:
    label = f"{size.name}: {entities:,} x {FEATURES * size.times:,} rows"
    assert all(one.said["rows"] == entities for one in found[0]), "modelwright lost rows"
    seconds, peaks = [one.said["seconds"] for one in found[0]], [one.peak for one in found[0]]
    if len(found) == 1:
        section.rows.append(missing("join", label, "s", seconds, why))
        return
    first, second = found[0][0].said, found[1][0].said
    same = first["matched"] == second["matched"] and all(
        math.isclose(a, b, rel_tol=1e-9) for a, b in zip(first["sums"], second["sums"], strict=True)
    )
    said = f"{entities - second['rows']} rows lost by Feast; {'the same answers' if same else 'DIFFERENT ANSWERS'}"
    times = [one.said["seconds"] for one in found[1]]
    least = LEAST if size.judged else None
    section.rows.append(against("join", label, "s", seconds, times, peer_name="Feast", least=least, note=said))
    memory = [one.peak for one in found[1]]
    floor = 1.0 if size.judged else None
    section.rows.append(against("peak memory", label, "MB", peaks, memory, peer_name="Feast", least=floor))
