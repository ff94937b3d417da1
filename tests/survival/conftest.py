"""How much is swept: a part by a printed seed, or all of it with MODELWRIGHT_TEST_FULL=1 (`make test-full`)."""

from __future__ import annotations

import os

import pytest
from tests.survival.extent import Extent

# Read here, because a fixture hides from every test what surrounds it.
_FULL = os.environ.get("MODELWRIGHT_TEST_FULL", "") not in {"", "0"}
_SEED = int(os.environ["MODELWRIGHT_TEST_SEED"])


@pytest.fixture
def extent() -> Extent:
    return Extent(_FULL, _SEED)
