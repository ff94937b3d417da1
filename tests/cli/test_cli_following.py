"""What a run or a server said is shown whole, however many pieces it comes in."""

from __future__ import annotations

import pytest

from modelwright.cli.following import show_logs
from modelwright.cli.session import Session

SAID = "".join(f"line {number}\n" for number in range(100))
PIECE = 64


def pieces(offset: int) -> tuple[str, int]:
    text = SAID[offset : offset + PIECE]
    return text, offset + len(text)


def test_a_log_longer_than_one_piece_is_shown_whole() -> None:
    answer = show_logs(Session("runs.logs"), pieces, follow=False, over=lambda: True, lines=None)
    assert answer.result == {"log": SAID, "offset": len(SAID)}


def test_the_last_lines_are_those_of_the_whole_log() -> None:
    answer = show_logs(Session("runs.logs"), pieces, follow=False, over=lambda: True, lines=2)
    assert answer.text == "line 98\nline 99"


def test_following_begins_with_all_that_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_logs(Session("runs.logs"), pieces, follow=True, over=lambda: True, lines=None)
    assert capsys.readouterr().out == SAID
