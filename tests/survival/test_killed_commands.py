"""A command killed before any of its steps on the disk is finished by the same command: nothing lost, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.survival.extent import Extent

# scenario: by how many steps a part of the sweep goes on, and how many points it visits
PARTS = {"up": (2, 2), "train": (23, 2), "promote": (11, 3), "rollback": (13, 2), "tick": (40, 2), "destroy": (7, 1)}
EVERY_POINT = 100_000


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scenario", PARTS)
def test_the_same_command_finishes_what_a_killed_one_began(tmp_path: Path, extent: Extent, scenario: str) -> None:
    every, points = PARTS[scenario]
    first = 1 + extent.seed % every
    wide = (1, 1, EVERY_POINT) if extent.full else (first, every, points)
    found = extent.run("sweep", tmp_path, scenario, *wide)
    assert found["wrong"] == [], found
    assert found["points"] > 0


@pytest.mark.timeout(3600)
def test_jobs_killed_at_any_of_their_own_steps_are_seen_through_by_who_waits(tmp_path: Path, extent: Extent) -> None:
    wide = (1, 1, EVERY_POINT) if extent.full else (1 + extent.seed % 3, 3, 1)
    found = extent.run("jobs", tmp_path, *wide)
    assert found["wrong"] == [], found
    assert found["points"] > 1
