"""Processes die at random while callers ask and versions change: what was answered is kept, and all goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.survival.extent import Extent


@pytest.mark.timeout(5400)
def test_random_kills_lose_no_answer_but_the_last_five_seconds_of_a_killed_server(
    tmp_path: Path, extent: Extent
) -> None:
    kills = extent.pick(20, 200)
    found = extent.run("traffic", tmp_path, kills, extent.seed)
    assert found["wrong"] == [], found
    assert sum(found["killed"].values()) == kills
    assert found["answered"] > kills
