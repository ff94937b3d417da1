from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.serving.serving_kit import Endpoint, tricky_model


@pytest.fixture(scope="session")
def tricky(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tricky_model(tmp_path_factory.mktemp("models"))


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    found = Endpoint(tmp_path / "state")
    yield found
    found.driver.stop("api")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, tricky: str) -> Iterator[Endpoint]:
    """An endpoint with two versions, for tests that leave it as they found it."""
    found = Endpoint(tmp_path_factory.mktemp("shared") / "state")
    found.deploy("v1-r1", tricky, wait=False)
    found.deploy("v2-r1", tricky)
    found.deploy("v1-r1", tricky)
    found.traffic({"v1-r1": 100})
    yield found
    found.driver.stop("api")
