"""Eight processes with one wish each: as many versions as models, one champion, and losers who hear of whom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.survival.extent import Extent

WHO_AND_WHEN = re.compile(r"ann@\S+.*\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
NOTHING_LEFT = re.compile("none to go back to|nothing before that is left")


@pytest.mark.timeout(900)
def test_eight_who_register_promote_and_roll_back_at_once(tmp_path: Path, extent: Extent) -> None:
    found = extent.run("racing", tmp_path)
    assert found["wrong"] == [], found
    registered = [each["result"]["version"] for each in found["ended"]["register"]]
    assert sorted(found["versions"]) == ["fit-1", "fit-2", "fit-3", "fit-4"]
    assert sorted(registered[:4]) == [1, 2, 3, 4]
    assert registered[4:] == registered[:4], "the same bytes are the same version"
    promoted = found["ended"]["promote"]
    assert {each["status"] for each in promoted} <= {0, 10}, promoted
    assert any(each["status"] == 0 for each in promoted)
    assert all(WHO_AND_WHEN.search(each["said"]) for each in promoted if each["status"] == 10), promoted
    for each in found["ended"]["rollback"]:
        told = WHO_AND_WHEN if each["status"] == 10 else NOTHING_LEFT
        assert each["status"] == 0 or told.search(each["said"]), each
