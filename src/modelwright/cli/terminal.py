"""What one output stream can show: its width, whether it takes colour, and text made safe for it.

Names, logs and messages come from files that others wrote. `clean` and `clean_line` take away whatever could move the
cursor, retitle the window or reverse the reading order, so no such text can draw over what modelwright says.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

When = Literal["auto", "always", "never"]

_NARROWEST = 40
_USUAL = 80
_CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "cyan": 36}
# Whole sequences first (OSC/DCS/APC/PM/SOS strings, then CSI, then two-character escapes), then what is left of them.
_SEQUENCES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"[\t\r\n\x0b\x0c\x85\u2028\u2029]+")


def clean(text: str) -> str:
    """Return text without terminal sequences, control characters and bidirectional overrides; keeps newline and tab."""
    return _CONTROLS.sub("", _SEQUENCES.sub("", text.replace("\r\n", "\n")))


def clean_line(text: str) -> str:
    """Return text made safe like `clean` and put on one line."""
    return clean(_SPACES.sub(" ", text)).strip()


def display_width(text: str) -> int:
    """Return how many terminal cells a text takes; wide East Asian characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    cells = 0
    for character in text:
        if not unicodedata.combining(character):
            cells += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return cells


def truncate(text: str, width: int) -> str:
    """Return text cut to `width` cells, its last one `…` where something is missing."""
    if display_width(text) <= width:
        return text
    kept, cells = [], 0
    for character in text:
        cells += display_width(character)
        if cells > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…" if width > 0 else ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A stream with what it can show. `width` is None where nothing limits it (a pipe or a file)."""

    stream: TextIO
    tty: bool
    colour: bool
    width: int | None

    def style(self, text: str, *styles: str) -> str:
        """Return text in styles such as `bold` or `red` where the stream takes colour."""
        if not self.colour or not styles or not text:
            return text
        codes = ";".join(str(_CODES[style]) for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def line(self, text: str = "") -> None:
        """Write one line at once, so that a reader of the pipe sees it."""
        self.stream.write(text + "\n")
        self.stream.flush()


def open_terminal(stream: TextIO, when: When = "auto", environ: Mapping[str, str] = os.environ) -> Terminal:
    """Return what a stream can show: `--color`, then NO_COLOR, CLICOLOR_FORCE, TERM and COLUMNS decide."""
    tty = stream.isatty()
    return Terminal(
        stream, tty and environ.get("TERM") != "dumb", _takes_colour(tty, when, environ), _width(tty, environ)
    )


def _takes_colour(tty: bool, when: When, environ: Mapping[str, str]) -> bool:
    if when != "auto":
        return when == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return tty and environ.get("TERM") != "dumb" and environ.get("CLICOLOR", "1") != "0"


def _width(tty: bool, environ: Mapping[str, str]) -> int | None:
    columns = environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return max(int(columns), _NARROWEST)
    return max(_columns(), _NARROWEST) if tty else None


def _columns() -> int:
    for descriptor in (1, 2, 0):
        try:
            return os.get_terminal_size(descriptor).columns or _USUAL
        except OSError:
            continue
    return _USUAL
