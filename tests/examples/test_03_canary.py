"""Example 03 does what its README says: the canary goes back by itself, and no caller notices after that."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelwright import connect
from modelwright.client import Client

EXAMPLE = Path(__file__).parents[2] / "examples" / "03_canary"
MODULES = ("story", "patients")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example in a folder of its own, importable; what it started is ended."""
    folder = tmp_path / "03_canary"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    monkeypatch.syspath_prepend(str(folder))
    for name in MODULES:  # other examples have a story of their own
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield folder
    connect(folder / "project.py").destroy(allow_data_loss=["foundation"])
    for name in MODULES:
        sys.modules.pop(name, None)


def traffic(client: Client) -> list[dict[str, int]]:
    events = client.ledger.stream("endpoint/biopsy-api").events()
    return [dict(event.body["weights"]) for event in events if event.kind == "traffic.set"]


@pytest.mark.timeout(240)
def test_a_version_that_forgot_a_clinic_goes_back_by_itself(folder: Path) -> None:
    module: Any = importlib.import_module("story")
    said: list[str] = []
    story = module.Story(folder, said.append)
    asked = story.live()

    failed = [each for each in asked if not each.answered]
    assert {each.clinic for each in failed} == {"c20"}
    assert [each for each in failed if each.at > story.went_back] == []
    assert {each.version for each in asked if each.answered} == {1, 2, 3}

    client = connect(folder / "project.py")
    assert traffic(client) == [
        {"v1-r1": 100}, {"v1-r1": 90, "v2-r2": 10}, {"v1-r1": 100},
        {"v1-r1": 90, "v3-r3": 10}, {"v1-r1": 50, "v3-r3": 50}, {"v3-r3": 100},
    ]  # fmt: skip
    bad = client.history("biopsy-api").entries[1]
    assert (bad.state, bad.versions) == ("rolled_back", (2,))
    assert bad.outcome.startswith("error_rate ")
    assert any("the clinics are waiting" in line for line in bad.evidence)
    assert client.version("biopsy@champion").number == 3
    assert any("passed clinics >= 20" in line for line in said)
    assert "release 2, version 2: rolled_back" in json.dumps(said)
