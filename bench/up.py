"""Making what a project declares, beside terraform with as many local files."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench import declared, terraform
from bench.environments import MissingError, ready
from bench.process import Ran, run
from bench.sizes import sizes
from bench.table import Row, Section, against, alternate, at_most, missing

SMALLEST, LIMIT, LEAST = 30, 1.0, 2.0
ABOUT = (
    "Wall time of `modelwright -y up` in an empty folder, each resource a data store, and of `terraform apply "
    "-auto-approve` of as many `local_file`; both in fresh processes. A second `up` finds nothing to do."
)


def measure() -> Section:
    """Measure both, in alternating order, and the second `up`."""
    section = Section("up", "Up", ABOUT)
    script, why = str(ready("modelwright").script("modelwright")), ""
    try:
        peer = terraform.found()
        section.versions = [peer.version()]
    except MissingError as error:
        peer, why = None, str(error)
    with tempfile.TemporaryDirectory(prefix="bench-up-") as root:
        for size in sizes(5, 5, 5):
            count = SMALLEST * size.times

            def made(number: int, *, count: int = count) -> Ran:
                folder = Path(root, f"ours-{count}-{number}")
                declared.stores(folder, count)
                ran = run([script, "-y", "up"], cwd=folder)
                there = len(list((folder / ".modelwright" / "dev" / "data").iterdir()))
                assert there == count, f"{there} of {count} stores were made"
                return ran

            def applied(number: int, *, count: int = count) -> Ran:
                assert peer is not None
                folder = Path(root, f"peer-{count}-{number}")
                declared.files(folder, count)
                peer.prepare(folder)
                ran = run([peer.program, "apply", "-auto-approve", "-no-color"], cwd=folder, variables=peer.variables)
                assert len(list((folder / "made").iterdir())) == count
                return ran

            found = alternate([made, applied] if peer else [made], size.rounds)
            label = f"{size.name}: {count} resources"
            again = [run([script, "-y", "up"], cwd=Path(root, f"ours-{count}-0")).seconds for _ in range(3)]
            mine = [one.seconds for one in found[0]]
            section.rows.append(at_most("`up`", label, "s", mine, LIMIT if size.judged else None))
            section.rows.append(at_most("`up` again", label, "s", again, None))
            section.rows.append(_beside(label, mine, found, why, judged=size.judged))
    return section


def _beside(label: str, mine: list[float], found: list[list[Ran]], why: str, *, judged: bool) -> Row:
    what = "`up` beside `terraform apply`"
    if len(found) == 1:
        return missing(what, label, "s", mine, why)
    theirs = [one.seconds for one in found[1]]
    return against(what, label, "s", mine, theirs, peer_name="terraform", least=LEAST if judged else None)
