"""Registering and promoting versions, beside MLflow's registry in SQLite."""

from __future__ import annotations

import tempfile

from bench.environments import Environment, MissingError, ready
from bench.process import Ran, side
from bench.sizes import sizes
from bench.table import Section, against, alternate, missing

SMALLEST = 20
ABOUT = (
    "In one process: register the model of a finished run, promote it to champion, and look the champion up. "
    "modelwright verifies every file's digest, passes gates, and appends each decision to a chained stream that is "
    "synced to disk; MLflow writes rows (synced by SQLite) and keeps no history of what an alias pointed to. "
    "Runs are made before the clock runs."
)


def measure() -> Section:
    """Measure both, in alternating order."""
    section = Section("registry", "Registry", ABOUT)
    ours = ready("modelwright")
    try:
        peer: Environment | None = ready("mlflow")
    except MissingError as error:
        peer, why = None, str(error)
    section.versions = [peer.version("mlflow")] if peer else []
    with tempfile.TemporaryDirectory(prefix="bench-registry-") as root:
        for size in sizes(3, 3, 3):
            count = SMALLEST * size.times

            def registered(number: int, *, count: int = count) -> Ran:
                return side(
                    ours.python, "registry_modelwright.py", folder=f"{root}/ours-{count}-{number}", versions=count
                )

            def logged(number: int, *, count: int = count) -> Ran:
                assert peer is not None
                return side(peer.python, "registry_mlflow.py", folder=f"{root}/peer-{count}-{number}", versions=count)

            found = alternate([registered, logged] if peer else [registered], size.rounds)
            assert all(one.said["champion"] == count for side_ in found for one in side_)
            assert all(one.said["moves"] == count for one in found[0])
            label = f"{size.name}: {count} versions"
            for name, what in (("each", "register + promote, each"), ("history", "champion + history")):
                mine = [one.said[name] * 1000 for one in found[0]]
                if peer is None:
                    section.rows.append(missing(what, label, "ms", mine, why))
                    continue
                theirs = [one.said[name] * 1000 for one in found[1]]
                least = 1.0 if size.judged else None
                section.rows.append(against(what, label, "ms", mine, theirs, peer_name="MLflow", least=least))
    return section
