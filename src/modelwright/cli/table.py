"""Tables that fit: every column at its natural width, else long texts cut, else one block per row.

A stream without a width (a pipe, a file) gets every character, so `grep` and `awk` see whole values.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from modelwright.cli.terminal import Terminal, clean_line, display_width, truncate

_GAP = 2
_HARD_SPACE = "\x00"
_SHORTEST = 12
_SHORTEST_LINE = 14
_LONGEST_WORD = 28
_TINTS = {
    "green": ("succeeded", "live", "healthy", "ok", "passed", "approved", "ready", "done", "create", "champion"),
    "yellow": (
        "queued",
        "running",
        "rolling",
        "paused",
        "waiting",
        "starting",
        "insufficient",
        "update",
        "unchanged",
        "warning",
    ),
    "red": (
        "failed",
        "lost",
        "violated",
        "rejected",
        "error",
        "rolled_back",
        "rolled",
        "deleted",
        "changed",
        "delete",
        "replace",
        "gone",
    ),
}
_TINT_OF = {word: tint for tint, words in _TINTS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title; `right` aligns numbers and `state` tints known states.

    Where room is short, a column without any value is left out, then one that is `spare`; then `shrinks` lets texts be
    cut, and `wraps` lets them go on in the next line.
    """

    title: str
    right: bool = False
    shrinks: bool = False
    wraps: bool = False
    spare: bool = False
    state: bool = False


def cell(value: object) -> str:
    """Return a value as a cell shows it: nothing for None, four significant digits for floats, one safe line."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if value == value else "-"  # noqa: PLR0124  # NaN is the one value unequal to itself
    return clean_line(str(value)) or "-"


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]], terminal: Terminal) -> str:
    """Return rows under their titles, within the terminal's width."""
    everything = [[cell(value) for value in row] for row in rows]
    for cut in (False, True):
        for kept in _choices(columns, everything):
            chosen = [columns[index] if cut else replace(columns[index], shrinks=False) for index in kept]
            cells = [[row[index] for index in kept] for row in everything]
            widths = _fit(chosen, _natural(chosen, cells), _words(chosen, cells), terminal.width)
            if widths is not None:
                return _lined(chosen, cells, widths, terminal)
    return _blocks(columns, everything, terminal)


def _choices(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> Iterator[list[int]]:
    """Yield which columns to show: all, those with a value, and those without the spare ones."""
    every = list(range(len(columns)))
    yield every
    told = [index for index in every if any(row[index] != "-" for row in cells)] or every
    yield told
    for spare in [index for index in reversed(told) if columns[index].spare]:
        told = [index for index in told if index != spare]
        yield told


def _natural(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    return [
        max(display_width(text) for text in (column.title, *(row[index] for row in cells)))
        for index, column in enumerate(columns)
    ]


def _words(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column's longest word, which a line break would spoil: an address, a command."""
    return [
        max((display_width(word) for row in cells for word in row[index].split()), default=0)
        for index in range(len(columns))
    ]


def _lined(columns: Sequence[Column], cells: Sequence[Sequence[str]], widths: Sequence[int], terminal: Terminal) -> str:
    head = terminal.style(_row(columns, [column.title for column in columns], widths), "bold")
    return "\n".join([head, *(_row(columns, row, widths, terminal) for row in cells)])


def _fit(columns: Sequence[Column], natural: list[int], words: Sequence[int], width: int | None) -> list[int] | None:
    """Return each column's width, shrinking the widest one first, or None where no shrinking helps."""
    if width is None:
        return natural
    widths = list(natural)
    excess = sum(widths) + _GAP * (len(widths) - 1) - width
    while excess > 0:
        candidates = [index for index, column in enumerate(columns) if widths[index] > _least(column, words[index])]
        if not candidates:
            return None
        widest = max(candidates, key=lambda index: widths[index])
        widths[widest] -= 1
        excess -= 1
    return widths


def _least(column: Column, word: int) -> int:
    """Return how narrow a column may become; its longest word is kept whole unless it is very long."""
    if not (column.shrinks or column.wraps):
        return sys.maxsize
    least = max(_SHORTEST_LINE, min(word, _LONGEST_WORD)) if column.wraps else _SHORTEST
    return max(least, display_width(column.title))


def _row(
    columns: Sequence[Column], texts: Sequence[str], widths: Sequence[int], terminal: Terminal | None = None
) -> str:
    """Return a row, of several lines where a text was wrapped."""
    shown = [_lines(column, text, width) for column, text, width in zip(columns, texts, widths, strict=True)]
    lines = []
    for number in range(max(len(parts) for parts in shown)):
        parts = []
        for column, text, own, width in zip(columns, texts, shown, widths, strict=True):
            part = own[number] if number < len(own) else ""
            padding = " " * (width - display_width(part))
            tint = _TINT_OF.get(text.split(" ")[0]) if column.state and terminal is not None else None
            tinted = terminal.style(part, tint) if terminal is not None and tint else part
            parts.append(padding + tinted if column.right else tinted + padding)
        lines.append((" " * _GAP).join(parts).rstrip())
    return "\n".join(lines)


def _lines(column: Column, text: str, width: int) -> list[str]:
    if not column.wraps or display_width(text) <= width:
        return [truncate(text, width)]
    return [truncate(line, width) for line in wrapped(text, width)]


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` characters; a word that is longer is broken."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _blocks(columns: Sequence[Column], cells: Sequence[Sequence[str]], terminal: Terminal) -> str:
    """Return one block per row, `title  value` on each line, for terminals too narrow for a table."""
    label = max(display_width(column.title) for column in columns)
    room = (terminal.width or 80) - label - _GAP
    blocks = []
    for row in cells:
        lines = []
        for column, text in zip(columns, row, strict=True):
            shown = _lines(column, text, room) if text != "-" else []
            titles = [terminal.style(column.title.ljust(label), "bold"), *[" " * label] * (len(shown) - 1)]
            lines += [title + " " * _GAP + line for title, line in zip(titles, shown, strict=False)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def prose(text: str, terminal: Terminal, indent: int = 0, *, hanging: int = 0) -> str:
    """Return a paragraph broken to the terminal's width; a pipe gets one line.

    Every line is indented, those after the first by `hanging` more. Commands in backticks are never broken.
    """
    if terminal.width is None:
        return " " * indent + text
    whole = re.sub("`[^`]*`", lambda found: found[0].replace(" ", _HARD_SPACE), text)
    width = terminal.width
    first, rest = " " * indent, " " * (indent + hanging)
    lines = textwrap.wrap(
        whole, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
    return "\n".join(line.replace(_HARD_SPACE, " ") for line in lines)


def facts(pairs: Iterable[tuple[str, object]], terminal: Terminal) -> str:
    """Return `title  value` lines with aligned values; pairs whose value is None are left out."""
    shown = [(title, cell(value)) for title, value in pairs if value is not None]
    label = max((display_width(title) for title, _ in shown), default=0)
    lines = []
    for title, value in shown:
        room = terminal.width - label - _GAP if terminal.width is not None else None
        first, *rest = [value] if room is None else wrapped(value, max(room, _SHORTEST))
        lines.append(f"{terminal.style(title.ljust(label), 'bold')}{' ' * _GAP}{first}")
        lines += [f"{'':{label + _GAP}}{line}" for line in rest]
    return "\n".join(lines)
