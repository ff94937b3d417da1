"""What a benchmark's table says about figures."""

from __future__ import annotations

import pytest
from bench.__main__ import NAMES, main, page
from bench.table import Section, against, alternate, at_most, missing


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    row = against("join", "1x", "s", [1.0, 2.0, 4.0], [10.0, 10.0, 12.0], peer_name="peer", least=5.0)
    assert row.ratio == 5.0
    assert row.met is True
    assert row.ours is not None
    assert (row.ours.median, row.ours.least, row.ours.greatest) == (2.0, 1.0, 4.0)


def test_where_more_is_better_the_ratio_is_ours_to_theirs() -> None:
    row = against("serve", "1x", "req/s", [3000.0], [1000.0], peer_name="peer", least=3.5, more=True)
    assert row.ratio == 3.0
    assert row.met is False


def test_a_limit_is_kept_by_the_median() -> None:
    assert at_most("state", "1x", "s", [0.1, 0.2, 9.0], 0.3).met is True
    assert at_most("state", "1x", "s", [0.4], 0.3).met is False
    assert at_most("state", "1x", "s", [0.4], None).met is None


def test_sides_take_turns_in_going_first() -> None:
    asked: list[str] = []

    def side(name: str) -> str:
        asked.append(name)
        return name

    found = alternate([lambda _: side("a"), lambda _: side("b")], 3)
    assert asked == ["a", "b", "b", "a", "a", "b"]
    assert found == [["a", "a", "a"], ["b", "b", "b"]]


def test_a_section_survives_being_kept_as_json() -> None:
    section = Section("up", "Up", "About it.", ["peer 1.0"], [at_most("up", "1x", "s", [0.5], 1.0)], ["a remark"])
    section.rows.append(against("up", "1x", "s", [1.0], [2.0], peer_name="peer"))
    assert Section.from_json(section.to_json()) == section


def test_the_page_names_every_target_that_was_missed() -> None:
    section = Section(
        "up", "Up", "", rows=[at_most("`up`", "10x", "s", [2.0], 1.0), at_most("`up`", "1x", "s", [1], 1)]
    )
    text = page([section])
    assert "Targets met: 1 of 2; missed: `up` (10x)." in text


def test_a_peer_that_is_not_there_leaves_a_row_that_says_why() -> None:
    text = missing("join", "1x", "s", [1.5], "cannot be installed: no\nroute | to host").markdown()
    assert "cannot be installed: no route / to host" in text
    assert text.count("|") == 8


def test_an_unknown_benchmark_is_refused_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "joins"])
    assert main() == 1
    assert ", ".join(NAMES) in capsys.readouterr().err
