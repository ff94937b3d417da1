"""Asking a served model at its address, beside MLflow's server and MLServer."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import load, servers
from bench.environments import MissingError, ready
from bench.load import Load, Target
from bench.process import SideFailedError
from bench.sizes import sizes
from bench.table import Section, against, alternate, missing

SMALLEST, ROUNDS, SECONDS, WARM = 16, 3, 4.0, 1.0
ABOUT = (
    "One row of 20 numbers as JSON, answered by a scikit-learn pipeline (scaler, logistic regression), with every "
    "connection asking again as soon as it is answered. All processes of a server run on core 0, the load comes from "
    "core 1. `routed` is the endpoint's address: token, router, server; `direct` is the server alone. MLflow is asked "
    "twice: with bare arrays and no signature, the least it can do (targets are against this), and with a frame and "
    "a signature. Servers run at the same time and are asked in turn; those not asked are idle."
)


def measure() -> Section:
    """Start every server once, check that all answer the same, and ask them in turn."""
    section = Section("serve", "Serving", ABOUT)
    core = min(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="bench-serve-") as root, ExitStack() as stack:
        targets = dict(_ours(stack, Path(root), core))
        for name, why in _peers(stack, Path(root), core, targets, section):
            section.remarks.append(f"{name}: {why}")
        answers = {name: target.probability() for name, target in targets.items()}
        assert max(answers.values()) - min(answers.values()) < 1e-9, answers  # noqa: PLR2004 (the same model)
        for size in sizes(ROUNDS, ROUNDS, ROUNDS):
            label = f"{size.name}: {SMALLEST * size.times} connections"
            _ask(section, targets, SMALLEST * size.times, label, size.rounds)
    section.remarks.append(f"Load by {load.generator()}; rounds of {SECONDS:g} s after {WARM:g} s to warm up.")
    return section


def _ours(stack: ExitStack, root: Path, core: int) -> Iterator[tuple[str, Target]]:
    for name, label, capture in (
        ("modelwright", "plain", False),
        ("modelwright-fast", "[fast]", False),
        ("modelwright-fast", "[fast] + capture", True),
    ):
        found = stack.enter_context(
            servers.modelwright(ready(name), root / label.replace(" ", ""), core, capture=capture)
        )
        yield from ((f"{label}, {way}", target) for way, target in found.items() if not capture or way == "routed")


def _peers(
    stack: ExitStack, root: Path, core: int, targets: dict[str, Target], section: Section
) -> Iterator[tuple[str, str]]:
    for name, start in (("mlflow", servers.mlflow), ("mlserver", servers.mlserver)):
        try:
            peer = ready(name)
            (root / name).mkdir()
            found = stack.enter_context(start(peer, root / name, core))
        except (MissingError, SideFailedError, servers.ServerFailedError) as error:
            yield name, f"does not serve here: {str(error)[-300:]}"
        else:
            section.versions.append(peer.version(name))
            targets.update({f"{name}, {way}": target for way, target in found.items()})


def _ask(section: Section, targets: dict[str, Target], connections: int, label: str, rounds: int) -> None:
    core = max(os.sched_getaffinity(0))
    for target in targets.values():
        load.put_on(target, connections=connections, seconds=WARM, core=core)

    def asked(target: Target, _: int) -> Load:
        return load.put_on(target, connections=connections, seconds=SECONDS, core=core)

    found = alternate([partial(asked, target) for target in targets.values()], rounds)
    by_name = dict(zip(targets, found, strict=True))
    for name, several in by_name.items():
        if failed := sum(one.failed for one in several):
            section.remarks.append(f"{name}, {label}: {failed:,} requests were not answered with 200")
    goals = {"plain, routed": 3.0, "[fast], routed": 5.0} if connections == SMALLEST else {}
    for name in [name for name in targets if not name.startswith("ml")]:
        _rows(section, name, label, by_name, goals.get(name))


def _rows(section: Section, name: str, label: str, found: dict[str, list[Load]], least: float | None) -> None:
    mine = [one.rate for one in found[name]]
    for peer, title in (
        ("mlflow, plain", "MLflow"),
        ("mlflow, frame", "MLflow, frame"),
        ("mlserver, plain", "MLServer"),
    ):
        if peer not in found:
            if peer != "mlflow, frame":
                section.rows.append(missing(name, label, "req/s", mine, f"{title} does not serve here"))
            continue
        goal = least if peer == "mlflow, plain" else None
        rates = [one.rate for one in found[peer]]
        section.rows.append(against(name, label, "req/s", mine, rates, peer_name=title, least=goal, more=True))
        if peer == "mlflow, plain":
            tails = [one.p99 for one in found[name]], [one.p99 for one in found[peer]]
            floor = 1.0 if goal else None
            section.rows.append(against(f"{name}, p99", label, "ms", *tails, peer_name=title, least=floor))
