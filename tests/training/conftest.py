"""A workshop for every training test."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.training.workshop import PLAIN, Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    shop = Workshop(tmp_path)
    shop.code(PLAIN)
    return shop
