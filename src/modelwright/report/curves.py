"""Charts over numbers rather than time: a metric over steps, values of trials, intervals beside one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from modelwright.report.axis import Axis, number_axis
from modelwright.report.drawing import empty, figure, grid, px, svg, tint_of
from modelwright.report.element import el
from modelwright.report.page import Markup
from modelwright.report.values import Frame, Level
from modelwright.report.wording import amount

_SMALL = Frame(width=380.0, height=180.0, left=56.0, right=14.0, top=14.0, bottom=28.0)
_MANY = 80
_DRAWN = 1_500
_ROW = 26.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a curve, with its tooltip."""

    x: float
    y: float
    note: str = ""


def curve_chart(title: str, marks: Sequence[Mark], *, unit: str = "", best: Sequence[Mark] = ()) -> Markup:
    """Return a line through marks, over whole numbers; `best` is drawn as a second line, without dots."""
    known = [mark for mark in marks if math.isfinite(mark.x) and math.isfinite(mark.y)]
    if not known:
        return Markup(figure(title, svg(title, [empty(_SMALL)], _SMALL, css="chart small"), [], unit))
    x = _across([mark.x for mark in known])
    ys = [mark.y for mark in (*known, *best) if math.isfinite(mark.y)]
    y = number_axis(min(ys), max(ys), _SMALL.height - _SMALL.bottom, _SMALL.top, wanted=4)
    drawn = known[:: max(1, math.ceil(len(known) / _DRAWN))]
    parts = [grid(x, y, _SMALL), "" if best else _line(drawn, x, y, 1), _line(best, x, y, 2)]
    if len(drawn) <= _MANY:
        parts += [_dot(mark, x, y) for mark in drawn]
    return Markup(figure(title, svg(title, parts, _SMALL, css="chart small"), [], unit))


def _across(values: Sequence[float]) -> Axis:
    """Return the axis of steps; between whole numbers there are no ticks."""
    low, high = min(values), max(values)
    whole = all(value.is_integer() for value in values)
    wanted = max(1, min(4, int(high - low))) if whole else 4
    return number_axis(low, high, _SMALL.left, _SMALL.width - _SMALL.right, wanted=wanted)


def _line(marks: Sequence[Mark], x: Axis, y: Axis, tint: int) -> str:
    points = " ".join(f"{px(x.position(mark.x))},{px(y.position(mark.y))}" for mark in marks if math.isfinite(mark.y))
    return f'<polyline class="line t{tint_of(tint)}" points="{points}"/>' if len(marks) > 1 else ""


def _dot(mark: Mark, x: Axis, y: Axis) -> Markup:
    place = {"cx": px(x.position(mark.x)), "cy": px(y.position(mark.y)), "r": "2.6"}
    return el("circle", el("title", mark.note) if mark.note else None, css="dot t1", **place)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval under a label."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    tint: int = 1


def estimate_chart(title: str, estimates: Sequence[Estimate], levels: Sequence[Level] = ()) -> Markup:
    """Return one row per value with its interval as a bar; levels are vertical lines."""
    frame = Frame(height=_ROW * len(estimates) + 46.0, left=190.0, right=70.0, top=16.0, bottom=30.0)
    ends = [end for one in estimates for end in (one.value, one.low, one.high) if end is not None]
    numbers = [end for end in [*ends, *(one.value for one in levels)] if math.isfinite(end)]
    if not numbers:
        return Markup(figure(title, svg(title, [empty(frame)], frame), []))
    pad = (max(numbers) - min(numbers)) * 0.05
    x = number_axis(min(numbers) - pad, max(numbers) + pad, frame.left, frame.width - frame.right, wanted=6)
    parts = [*_upright(x, frame), *(_threshold(one, x, frame) for one in levels)]
    for index, one in enumerate(estimates):
        parts.append(_estimate(one, x, frame.top + _ROW * (index + 0.5)))
    return Markup(figure(title, svg(title, parts, frame), []))


def _upright(x: Axis, frame: Frame) -> list[str]:
    base = frame.height - frame.bottom
    parts = []
    for tick in x.ticks:
        at = px(x.position(tick.value))
        parts.append(f'<line class="grid" x1="{at}" x2="{at}" y1="{px(frame.top)}" y2="{px(base)}"/>')
        parts.append(f'<text class="tick" x="{at}" y="{px(base + 16)}" text-anchor="middle">{tick.label}</text>')
    return parts


def _threshold(mark: Level, x: Axis, frame: Frame) -> str:
    at = px(x.position(mark.value))
    line = el("line", css="level", x1=at, x2=at, y1=px(frame.top), y2=px(frame.height - frame.bottom))
    return line + el("text", mark.label, css="note", x=at, y=px(frame.top - 4), text_anchor="middle")


def _estimate(one: Estimate, x: Axis, middle: float) -> str:
    css = f"t{tint_of(one.tint)}"
    label = el("text", one.label, css="name", x=px(x.start - 10), y=px(middle), dy="0.35em", text_anchor="end")
    if not math.isfinite(one.value):
        return label + el("text", "not known", css="tick", x=px(x.start + 4), y=px(middle), dy="0.35em")
    parts = [label]
    if one.low is not None and one.high is not None:
        ends = {"x1": px(x.position(one.low)), "x2": px(x.position(one.high)), "y1": px(middle), "y2": px(middle)}
        parts.append(el("line", css=f"range {css}", **ends))
    parts.append(el("circle", css=f"dot {css}", cx=px(x.position(one.value)), cy=px(middle), r="4"))
    parts.append(el("text", amount(one.value), css="tick", x=px(x.end + 8), y=px(middle), dy="0.35em"))
    return "".join(parts)
