from __future__ import annotations

import io

import pytest
from tests.waiting import eventually

from modelwright.cli.progress import Progress, took
from modelwright.cli.terminal import Terminal


def plain() -> Terminal:
    return Terminal(io.StringIO(), tty=False, colour=False, width=None)


def live() -> Terminal:
    return Terminal(io.StringIO(), tty=True, colour=False, width=80)


def said(terminal: Terminal) -> str:
    assert isinstance(terminal.stream, io.StringIO)
    return terminal.stream.getvalue()


def test_a_pipe_gets_a_line_when_something_starts_and_ends() -> None:
    terminal = plain()
    with Progress(terminal) as progress:
        progress("lake", "start", "creating")
        progress("lake", "done")
        progress("features", "unchanged")
        progress("api", "start")
        progress("api", "failed", "no port")
    lines = said(terminal).splitlines()
    assert lines[0] == "  … lake: creating"
    assert lines[1].startswith("  ✓ lake  0.0 s")
    assert lines[2] == "  = features"
    assert lines[4].startswith("  ✗ api: no port")
    assert "\x1b" not in said(terminal)


def test_silence_is_broken_by_a_heartbeat_that_says_what_is_going_on() -> None:
    terminal = plain()
    with Progress(terminal, heartbeat=0.02) as progress:
        progress("train-delay-1", "start", "training")
        eventually(lambda: "still working" in said(terminal))
    assert "still working: train-delay-1: training (0." in said(terminal)


def test_a_pipe_gets_no_line_when_only_numbers_change() -> None:
    terminal = plain()
    with Progress(terminal) as progress:
        progress.say("delay:2", "1.2h, 10 mirrored requests so far")
        progress.say("delay:2", "1.3h, 25 mirrored requests so far")
        progress.say("delay:2", "rolling out")
    assert len(said(terminal).splitlines()) == 2


def test_a_terminal_is_left_clean_at_the_end() -> None:
    terminal = live()
    with Progress(terminal) as progress:
        progress("lake", "start", "creating")
        progress("lake", "done")
        progress.say("api", "waiting")
    text = said(terminal)
    assert text.endswith("\x1b[1A\x1b[J")
    assert "✓ lake" in text


def test_hostile_names_do_not_reach_the_terminal() -> None:
    terminal = plain()
    with Progress(terminal) as progress:
        progress("a\x1b[2J", "start", "\x1b]0;x\x07b\nc")
    assert said(terminal) == "  … a: b c\n"


def test_a_stream_without_unicode_gets_ascii() -> None:
    buffer = io.BytesIO()
    terminal = Terminal(io.TextIOWrapper(buffer, encoding="ascii"), tty=False, colour=False, width=None)
    with Progress(terminal) as progress:
        progress("lake", "start", "creating")
        progress("lake", "done")
    assert buffer.getvalue().decode("ascii").splitlines()[0] == "  ... lake: creating"
    assert b"ok lake" in buffer.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.3, "12 s"), (60, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert took(seconds) == text
