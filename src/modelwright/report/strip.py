"""How every check fared, window by window, as a field of small squares: the colour says it, and a sign does too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelwright.report.drawing import px, svg
from modelwright.report.element import el, join
from modelwright.report.page import Markup
from modelwright.report.values import Frame

_SIGNS = {"ok": "", "violated": "\N{MULTIPLICATION SIGN}", "insufficient": "·", "error": "!"}
_LEFT, _ROW, _WIDEST = 200.0, 24.0, 46.0
_LETTERS = 30
_MOST = 120


@dataclass(frozen=True, slots=True)
class Square:
    """One result: its status and the words of its tooltip."""

    status: str
    note: str


def status_strip(title: str, rows: Mapping[str, Mapping[tuple[datetime, int], Square]]) -> Markup:
    """Return a row of squares per check, a column per window and version, oldest first; only the newest 120 columns."""
    found = sorted({column for row in rows.values() for column in row})
    columns = found[-_MOST:]
    more = el("small", f" the newest {_MOST} of {len(found):,} windows") if len(found) > _MOST else None
    wide = min(_WIDEST, 548.0 / max(1, len(columns)))
    frame = Frame(width=760.0, height=_ROW * len(rows) + 40.0, left=_LEFT, right=12.0, top=8.0, bottom=32.0)
    parts: list[str] = []
    for index, (name, row) in enumerate(rows.items()):
        top = frame.top + index * _ROW
        parts.append(_name(name, top))
        parts += [
            _square(row[column], _LEFT + number * wide, top, wide)
            for number, column in enumerate(columns)
            if column in row
        ]
    parts += _dates(columns, wide, frame)
    key = el("ul", *(_key(status) for status in _SIGNS), css="legend")
    return el("figure", el("figcaption", title, more), Markup(svg(title, parts, frame)), key)


def _name(name: str, top: float) -> Markup:
    shown = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
    place = {"x": px(_LEFT - 10), "y": px(top + _ROW / 2), "dy": "0.3em", "text_anchor": "end"}
    return el("text", el("title", name), shown, css="name", **place)


def _square(one: Square, left: float, top: float, wide: float) -> Markup:
    place = {"x": px(left), "y": px(top + 2), "width": px(max(wide - 2, 1)), "height": px(_ROW - 4), "rx": "2"}
    box = el("rect", el("title", one.note), css=f"cell {one.status}", **place)
    middle = {"x": px(left + (wide - 2) / 2), "y": px(top + _ROW / 2), "dy": "0.35em", "text_anchor": "middle"}
    sign = _SIGNS.get(one.status, "?")
    return join(box, el("text", sign, css="sign", **middle) if sign and wide > 10 else None)  # noqa: PLR2004  no room below


def _dates(columns: Sequence[tuple[datetime, int]], wide: float, frame: Frame) -> list[str]:
    every = max(1, -(-len(columns) // 9))
    base = frame.height - frame.bottom
    shown = [(number, column) for number, column in enumerate(columns) if number % every == 0]
    parts = []
    for number, (at, version) in shown:
        middle = px(_LEFT + number * wide + wide / 2)
        parts.append(el("text", f"{at:%-d %b}", css="tick", x=middle, y=px(base + 12), text_anchor="middle"))
        parts.append(el("text", f"v{version}", css="tick", x=middle, y=px(base + 25), text_anchor="middle"))
    return [str(part) for part in parts]


def _key(status: str) -> Markup:
    return el("li", el("span", _SIGNS[status], css=f"swatch cell {status}"), status)
