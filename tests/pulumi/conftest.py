"""Stacks for the tests: the flights project on the local provider, and small projects on a cloud of the tests' own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.pulumi.engine.engine import Engine
from tests.pulumi.engine.language import Language
from tests.pulumi.engine.providers import Plugin, StateOnly

ROOT = Path(__file__).parents[2]
FLIGHTS, STACK = Path("examples/01_flights"), Path("stacks/flights")
ACME = Path(__file__).parent / "acme"
PROGRAM = (ROOT / STACK / "__main__.py").read_text()
"""The program of the flights project's stack."""


@pytest.fixture(scope="session")
def language() -> Iterator[Language]:
    """What runs the programs of all stacks."""
    running = Language()
    yield running
    running.stop()


@pytest.fixture
def flights(tmp_path: Path, language: Language) -> Iterator[Engine]:
    """A stack beside a copy of the flights project, on the provider of this machine."""
    project, stack = tmp_path / FLIGHTS, tmp_path / STACK
    for folder in (FLIGHTS, STACK):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".modelwright", "__pycache__"))
    plugin = Plugin(project, "dev")
    yield Engine(language, plugin, stack)
    plugin.stop()


@pytest.fixture
def acme(tmp_path: Path, language: Language) -> Callable[..., Engine]:
    """Return a maker of stacks on the tests' own adapter, which is installed beside them; its project is `depot`."""
    _install(tmp_path, "acme_adapter-0.1", "[modelwright.adapters]\nacme = acme_adapter:ADAPTER\n")
    _install(tmp_path, "pulumi_acme-4.5.0a1", "")

    def made(provider: StateOnly | None = None) -> Engine:
        path = (str(ACME), str(tmp_path))
        return Engine(language, provider or StateOnly(), tmp_path, project="depot", stack="prod", path=path)

    return made


def _install(folder: Path, distribution: str, entry_points: str) -> None:
    name, _, version = distribution.partition("-")
    info = folder / f"{distribution}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(entry_points)
