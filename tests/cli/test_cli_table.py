from __future__ import annotations

import io

import pytest

from modelwright.cli.table import Column, cell, facts, table
from modelwright.cli.terminal import Terminal, display_width

COLUMNS = [Column("RUN"), Column("STATE", state=True), Column("AUC", right=True), Column("WHY", shrinks=True)]
ROWS = [
    ("train-delay-1", "succeeded", 0.70213, "the first one"),
    ("train-delay-12", "failed", None, "ValueError: could not convert string to float in the column dep_time " * 3),
]


def screen(width: int | None, colour: bool = False) -> Terminal:
    return Terminal(io.StringIO(), tty=False, colour=colour, width=width)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_table_never_exceeds_the_terminal(width: int) -> None:
    lines = table(COLUMNS, ROWS, screen(width)).splitlines()
    assert len(lines) == 3
    assert all(display_width(line) <= width for line in lines)
    assert lines[2].endswith("…")


def test_a_pipe_gets_every_character() -> None:
    assert str(ROWS[1][3]).strip() in table(COLUMNS, ROWS, screen(None))


def test_columns_are_aligned() -> None:
    lines = table(COLUMNS, [("a", "ok", 0.5, "x"), ("bbb", "ok", 0.1234567, "y")], screen(80)).splitlines()
    assert lines == ["RUN  STATE     AUC  WHY", "a    ok        0.5  x", "bbb  ok     0.1235  y"]


def test_a_table_that_cannot_fit_becomes_blocks() -> None:
    wide = [Column(f"COLUMN-{index}") for index in range(8)]
    text = table(wide, [["value"] * 8, [None] + ["other"] * 7], screen(60))
    assert all(len(line) <= 60 for line in text.splitlines())
    assert text.count("COLUMN-1") == 2
    assert text.count("COLUMN-0") == 1


def test_a_hostile_cell_neither_moves_the_cursor_nor_breaks_the_line() -> None:
    text = table([Column("NAME", shrinks=True)], [["a\x1b[2J\nb\x1b]0;t\x07"]], screen(80))
    assert text == "NAME\na b"


def test_states_are_coloured_only_where_colour_is_taken() -> None:
    assert "\x1b[32msucceeded\x1b[0m" in table(COLUMNS, ROWS, screen(120, colour=True))
    assert "\x1b" not in table(COLUMNS, ROWS, screen(120))


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (True, "yes"), (0.70213, "0.7021"), (float("nan"), "-"), (12, "12"), ("", "-")]
)
def test_values_are_shown_for_people(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_facts_are_aligned_and_leave_out_what_is_unknown() -> None:
    assert facts([("run", "a-1"), ("model", None), ("seconds", 1.5)], screen(80)) == "run      a-1\nseconds  1.5"
