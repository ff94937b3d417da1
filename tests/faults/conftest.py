"""Projects to be mistreated: one that was only applied, one whose endpoint serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.surroundings import destroy, works, write_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project that nobody has applied yet."""
    folder = write_project(tmp_path / "project")
    yield folder
    destroy(folder)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with an endpoint that serves; tests leave it as they found it."""
    folder = write_project(tmp_path_factory.mktemp("serving"))
    works("up", folder=folder)
    works("train", "fit", "--promote", folder=folder)
    works("up", folder=folder)  # writes the heads of what happened since
    yield folder
    destroy(folder)
