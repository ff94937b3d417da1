"""One small project that is applied, trained and promoted once for all tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.projects import write_hello
from tests.cli.shells import call


@pytest.fixture(scope="session")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that was applied, trained and promoted; modules that use it share the xdist group `cli_life`."""
    folder = write_hello(tmp_path_factory.mktemp("life") / "with a space")
    said = call("up", folder=folder)
    assert said.status == 0, said.err
    said = call("train", "train-hello", "--promote", "--param", "C=0.5", folder=folder)
    assert said.status == 0, said.err
    yield folder
    call("destroy", "--yes", "--allow-data-loss", "lake", "--allow-data-loss", "foundation", folder=folder)
