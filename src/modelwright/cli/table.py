"""Tables that fit: every column at its natural width, else long texts cut, else one block per row.

A stream without a width (a pipe, a file) gets every character, so `grep` and `awk` see whole values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelwright.cli.terminal import Terminal, clean_line, display_width, truncate

_GAP = 2
_SHORTEST = 8
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
    "red": ("failed", "lost", "violated", "rejected", "error", "rolled_back", "delete", "replace", "gone"),
}
_TINT_OF = {word: tint for tint, words in _TINTS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title; `right` aligns numbers, `shrinks` lets texts be cut, `state` tints known states."""

    title: str
    right: bool = False
    shrinks: bool = False
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
    cells = [[cell(value) for value in row] for row in rows]
    natural = [
        max(display_width(text) for text in (column.title, *(row[index] for row in cells)))
        for index, column in enumerate(columns)
    ]
    widths = _fit(columns, natural, terminal.width)
    if widths is None:
        return _blocks(columns, cells, terminal)
    head = terminal.style(_row(columns, [column.title for column in columns], widths), "bold")
    return "\n".join([head, *(_row(columns, row, widths, terminal) for row in cells)])


def _fit(columns: Sequence[Column], natural: list[int], width: int | None) -> list[int] | None:
    """Return each column's width, shrinking the widest one first, or None where no shrinking helps."""
    if width is None:
        return natural
    widths = list(natural)
    excess = sum(widths) + _GAP * (len(widths) - 1) - width
    while excess > 0:
        candidates = [
            index
            for index, column in enumerate(columns)
            if column.shrinks and widths[index] > max(_SHORTEST, display_width(column.title))
        ]
        if not candidates:
            return None
        widest = max(candidates, key=lambda index: widths[index])
        widths[widest] -= 1
        excess -= 1
    return widths


def _row(
    columns: Sequence[Column], texts: Sequence[str], widths: Sequence[int], terminal: Terminal | None = None
) -> str:
    parts = []
    for column, text, width in zip(columns, texts, widths, strict=True):
        shown = truncate(text, width)
        padding = " " * (width - display_width(shown))
        if column.state and terminal is not None and (tint := _TINT_OF.get(text.split(" ")[0])):
            shown = terminal.style(shown, tint)
        parts.append(padding + shown if column.right else shown + padding)
    return (" " * _GAP).join(parts).rstrip()


def _blocks(columns: Sequence[Column], cells: Sequence[Sequence[str]], terminal: Terminal) -> str:
    """Return one block per row, `title  value` on each line, for terminals too narrow for a table."""
    label = max(display_width(column.title) for column in columns)
    room = (terminal.width or 80) - label - _GAP
    blocks = []
    for row in cells:
        lines = [
            terminal.style(column.title.ljust(label), "bold") + " " * _GAP + truncate(text, room)
            for column, text in zip(columns, row, strict=True)
            if text != "-"
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def facts(pairs: Iterable[tuple[str, object]], terminal: Terminal) -> str:
    """Return `title  value` lines with aligned values; pairs whose value is None are left out."""
    shown = [(title, cell(value)) for title, value in pairs if value is not None]
    label = max((display_width(title) for title, _ in shown), default=0)
    return "\n".join(f"{terminal.style(title.ljust(label), 'bold')}{' ' * _GAP}{value}" for title, value in shown)
