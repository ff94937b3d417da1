from __future__ import annotations

import io

import pytest

from modelwright.cli.terminal import When, clean, clean_line, display_width, open_terminal, truncate


class Stream(io.StringIO):
    def __init__(self, tty: bool) -> None:
        super().__init__()
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil.test\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jcleared", "cleared"),
        ("\x9d0;owned\x9ctitle", "title"),
        ("\x1bP1$r\x1b\\dcs", "dcs"),
        ("back\x08\x08space\x7f", "backspace"),
        ("\x1b]0;never closed", ""),
        ("\u202eevil\u202c", "evil"),
        ("\x1bcreset", "reset"),
        ("Düsseldorf 東京 naïve", "Düsseldorf 東京 naïve"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("progress 10%\rprogress 20%", "progress 10%progress 20%"),
    ],
)
def test_terminal_sequences_are_taken_away_and_text_is_kept(hostile: str, harmless: str) -> None:
    assert clean(hostile) == harmless


def test_every_control_character_is_taken_away() -> None:
    controls = "".join(map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0)]))
    left = clean(" ".join(controls))
    assert {character for character in left if not character.isprintable()} <= {"\n", "\t"}


def test_a_name_with_newlines_stays_on_one_line() -> None:
    assert clean_line("a\r\n\tb\x0bc\u2028d") == "a b c d"


def test_wide_characters_count_two_cells_and_combining_marks_none() -> None:
    assert display_width("東京") == 4
    assert display_width("e\u0301") == 1
    assert truncate("東京都庁", 5) == "東京…"


@pytest.mark.parametrize(
    ("tty", "when", "environ", "colour"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (False, "auto", {"CLICOLOR_FORCE": "1"}, True),
        (True, "auto", {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
        (True, "auto", {"TERM": "dumb"}, False),
        (True, "auto", {"CLICOLOR": "0"}, False),
        (False, "always", {"NO_COLOR": "1"}, True),
        (True, "never", {"CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_colour_follows_the_option_and_then_the_environment(
    tty: bool, when: When, environ: dict[str, str], colour: bool
) -> None:
    assert open_terminal(Stream(tty), when, environ).colour is colour


def test_a_pipe_has_no_width_unless_columns_says_so() -> None:
    assert open_terminal(Stream(tty=False), "auto", {}).width is None
    assert open_terminal(Stream(tty=False), "auto", {"COLUMNS": "60"}).width == 60
    assert open_terminal(Stream(tty=True), "auto", {"COLUMNS": "nonsense"}).width is not None


def test_a_dumb_terminal_gets_no_cursor_movement() -> None:
    assert not open_terminal(Stream(tty=True), "auto", {"TERM": "dumb"}).tty
