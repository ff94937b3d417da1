"""The parts that pages are made of: badges, definitions, tables, notes, folded details."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelwright.report.element import el, join, separated
from modelwright.report.page import Markup, html_table
from modelwright.report.wording import ABSENT, document, plain

_GOOD = frozenset({"live", "succeeded", "healthy", "passed", "approved", "ok", "finished"})
_BAD = frozenset({"failed", "violated", "rejected", "rolled_back", "rolling_back", "lost", "unreadable", "error"})
_OPEN = frozenset({"open", "rolling", "planned", "paused", "running", "queued", "waiting", "awaiting"})


def badge(state: str) -> Markup:
    """Return a state as a mark of its own."""
    mood = "good" if state in _GOOD else "bad" if state in _BAD else "open" if state in _OPEN else ""
    return el("span", state.replace("_", " "), css=f"badge {mood}".strip())


def definitions(pairs: Iterable[tuple[str, object]]) -> Markup:
    """Return names with their values, one below the other; None leaves a pair out."""
    rows = [join(el("dt", name), el("dd", value)) for name, value in pairs if value is not None]
    return el("dl", *rows, css="pairs")


def table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, css: Sequence[str] = ()) -> Markup:
    """Return a table; cells that are no `Markup` are text."""
    return Markup(html_table(titles, [[join(cell) for cell in row] for row in rows], css=css))


def mapping(values: Mapping[str, Any], name: str = "Name", value: str = "Value") -> Markup | None:
    """Return a mapping as a table of two columns; None for an empty one."""
    if not values:
        return None
    return table([name, value], [[el("code", key), plain(one)] for key, one in values.items()], css=["", "wide"])


def note(text: object, css: str = "soft") -> Markup:
    """Return a sentence of its own."""
    return el("p", text, css=css)


def folded(summary: object, *body: object) -> Markup:
    """Return what is long, folded under a summary."""
    return el("details", el("summary", summary), *body)


def pre(text: object, css: str | None = None) -> Markup:
    """Return text as it is, line by line."""
    return el("pre", text, css=css)


def raw(summary: object, value: Any) -> Markup:
    """Return a JSON value folded under a summary."""
    return folded(summary, pre(document(value)))


def listing(items: Iterable[object]) -> Markup:
    """Return items as a list."""
    return el("ul", *(el("li", item) for item in items), css="plain")


def few(items: Sequence[object], most: int = 12) -> Markup:
    """Return items separated by commas, those beyond `most` folded."""
    if len(items) <= most:
        return separated(items) if items else join(ABSENT)
    return folded(f"{len(items)}: {items[0]} … {items[-1]}", separated(items))


def mood(text: object, feeling: str) -> Markup:
    """Return text in the colour of good or bad news."""
    return el("span", text, css=feeling) if feeling else join(text)


def columns(*children: object) -> Markup:
    """Return children side by side where there is room."""
    return el("div", *children, css="columns")
