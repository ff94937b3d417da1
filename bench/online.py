"""Reading one key's features, beside Feast's SQLite online store."""

from __future__ import annotations

import math
import tempfile

from bench.environments import MissingError, ready
from bench.process import Ran, side
from bench.sizes import Size, sizes
from bench.table import Section, against, alternate, missing

SMALLEST, READS, LEAST = 10_000, 3_000, 20.0
ABOUT = f"{READS:,} random keys, one at a time, ten floats each, in process. The store is filled before, once a size."


def measure() -> Section:
    """Measure both on the same planted rows and the same keys."""
    section = Section("online", "Online read of one key", ABOUT)
    ours, why = ready("modelwright"), ""
    try:
        peer = ready("feast")
        section.versions = [peer.version("feast")]
    except MissingError as error:
        peer, why = None, str(error)
    for size in sizes(5, 5, 5):
        with tempfile.TemporaryDirectory(prefix="bench-online-") as folder:
            keys = SMALLEST * size.times
            side(ours.python, "online_data.py", folder=folder, keys=keys)

            def read(number: int, *, folder: str = folder, keys: int = keys) -> Ran:
                return side(
                    ours.python, "online_modelwright.py", folder=folder, keys=keys, reads=READS, fill=number == 0
                )

            def fed(number: int, *, folder: str = folder, keys: int = keys) -> Ran:
                assert peer is not None
                return side(peer.python, "online_feast.py", folder=folder, keys=keys, reads=READS, fill=number == 0)

            _fill(section, size, alternate([read, fed] if peer else [read], size.rounds), why)
    return section


def _fill(section: Section, size: Size, found: list[list[Ran]], why: str) -> None:
    label = f"{size.name}: {SMALLEST * size.times:,} keys"
    for name, what in (("p50", "read, median"), ("p99", "read, p99")):
        mine = [one.said[name] for one in found[0]]
        if len(found) == 1:
            section.rows.append(missing(what, label, "µs", mine, why))
            continue
        assert math.isclose(found[0][0].said["sum"], found[1][0].said["sum"], rel_tol=1e-9), "different answers"
        theirs = [one.said[name] for one in found[1]]
        least = LEAST if size.judged and name == "p50" else None
        section.rows.append(against(what, label, "µs", mine, theirs, peer_name="Feast", least=least))
    if len(found) > 1:
        filled = [found[0][0].said["filled"]], [found[1][0].said["filled"]]
        section.rows.append(against("fill the store", label, "s", *filled, peer_name="Feast"))
