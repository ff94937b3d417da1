from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.shells import call

from modelwright.cli.catalogue import module_of
from modelwright.cli.showcase import STEPS, example_folder


def test_the_example_that_the_demo_lives_is_found() -> None:
    assert (example_folder() / "story.py").is_file()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    said = call("demo", "--folder", str(tmp_path))
    assert said.status == 2
    assert "holds something else" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_unknown_step_names_those_there_are() -> None:
    said = call("demo", "--until", "lunch")
    assert said.status == 2
    assert all(step in said.err for step in STEPS)


@pytest.mark.timeout(120)
def test_the_first_step_is_lived_reported_and_replaced_by_the_next_demo(tmp_path: Path) -> None:
    assert module_of("demo") is not None
    folder = tmp_path / "flights"
    for _ in range(2):
        said = call("demo", "--until", "up", "--folder", str(folder), "--json")
        assert said.status == 0, said.err
        assert "awaits its first release" in said.err
        result = said.document["result"]
        assert Path(result["report"]).read_text().startswith("<!doctype html>")
        assert result["history"]["releases"] == []
    said = call("features", "materialize", "features.carrier", folder=folder)
    assert said.status == 0, said.err
    assert "carrier" in said.out
    rows = call("features", "get", "carrier", "carrier=AA", "carrier=XX", "--json", folder=folder).document["result"]
    assert rows[0]["key"] == {"carrier": "AA"}
    assert rows[1]["features"] is None
    assert call("features", "get", "carrier", "AA", folder=folder).status == 2
    losses = [part for name in ("foundation", "lake", "features") for part in ("--allow-data-loss", name)]
    assert call("destroy", "--yes", *losses, folder=folder).status == 0
