"""What a person sees on real terminals of several widths, with and without colour, and what a pipe gets."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from tests.cli.golden import GOLDEN, SHOWN, WIDTHS, shown, spoilt_project
from tests.cli.projects import write_hello
from tests.cli.shells import call

pytestmark = pytest.mark.xdist_group("cli_life")

COMMAND = [sys.executable, "-c", "from modelwright.cli.main import main; main()"]
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
VERBS = ["status", "endpoint status", "endpoint history", "model show hello:1", "ledger log", "drift", "explain MW1301"]


def on_terminal(folder: Path, verb: str, width: int, **environment: str) -> str:
    """Return what a command writes to a terminal of this width, standard error included."""
    kept = {n: v for n, v in os.environ.items() if n not in {"NO_COLOR", "COLUMNS", "CLICOLOR", "CLICOLOR_FORCE"}}
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *verb.split()], cwd=folder, env={**kept, "TERM": "xterm-256color", **environment},
        stdin=follower, stdout=follower, stderr=follower,
    )  # fmt: skip
    os.close(follower)
    pieces = []
    while piece := _read(leader):
        pieces.append(piece)
    process.wait(timeout=60)
    os.close(leader)
    return b"".join(pieces).decode().replace("\r\n", "\n")


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65_536)
    except OSError:  # Linux says so when the last writer is gone
        return b""


def too_wide(text: str, width: int) -> list[str]:
    """Return the lines wider than a terminal, but for a single word that cannot be broken."""
    lines = (ANSI.sub("", line) for line in text.splitlines())
    return [
        line for line in lines if len(line) > width and len(line.split()) > 1 and max(map(len, line.split())) < width
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("verb", ["status", "model list"])
def test_a_terminal_gets_colour_and_lines_that_fit(hello: Path, verb: str, width: int) -> None:
    text = on_terminal(hello, verb, width)
    assert "\x1b[1m" in text
    assert too_wide(text, width) == []


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_without_colour_gets_no_sequence_at_all(hello: Path, environment: dict[str, str]) -> None:
    assert "\x1b" not in on_terminal(hello, "endpoint status", 80, **environment)


def test_an_error_fits_a_narrow_terminal_and_keeps_its_commands_whole(hello: Path) -> None:
    text = on_terminal(hello, "batch hello-api", 80, NO_COLOR="1", TERM="dumb")
    assert too_wide(text, 80) == []
    assert "`modelwright batch hello@champion --source STORE/PATH --to STORE/PATH`" in text


def test_a_dumb_terminal_gets_progress_in_lines(hello: Path) -> None:
    text = on_terminal(hello, "monitor run", 80, TERM="dumb")
    assert "… hello-watch: computing closed windows" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_columns_say(hello: Path, verb: str, width: int) -> None:
    said = call(*verb.split(), folder=hello, COLUMNS=str(width))
    assert too_wide(said.out + said.err, width) == []
    assert "\x1b" not in said.out + said.err


def test_a_pipe_gets_whole_values_on_single_lines(hello: Path) -> None:
    said = call("outputs", folder=hello)
    lake = next(line for line in said.out.splitlines() if line.startswith("lake"))
    assert lake.split()[-1].endswith("/data/lake")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sorted(SHOWN))
def test_what_is_shown_is_what_was_looked_at(tmp_path: Path, name: str, width: int) -> None:
    folder = spoilt_project(tmp_path) if name == "invalid" else write_hello(tmp_path)
    kept = GOLDEN / f"{name}-{width}.txt"
    again = "look at it, and where it is right: python -m tests.cli.golden"
    assert shown(name, folder, width) == kept.read_text(encoding="utf-8"), again
