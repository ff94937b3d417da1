"""SVG elements: axes, lines, dots, areas, levels and markers, every text escaped.

Colours are classes of the page (`t1` …) and `currentColor`, so a drawing is readable in a light and a dark page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from modelwright.report.axis import Axis
from modelwright.report.text import escape
from modelwright.report.values import Frame, Level, Marker, Point, Series

TINTS = 6
MARKER_ROW = 14.0
_LETTER = 6.4
_HALF = 20.0
"""Half of a label of the time axis: one that stands nearer to the edge ends there."""


def svg(title: str, parts: Iterable[str], frame: Frame, css: str = "chart") -> str:
    """Return an SVG element that scales with the page and says its title to a screen reader."""
    box = f"0 0 {px(frame.width)} {px(frame.height)}"
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css}" viewBox="{box}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{body}</svg>'
    )


def figure(title: str, drawing: str, legend: Sequence[tuple[str, int]], unit: str = "") -> str:
    """Return a drawing under its title, with its legend below."""
    items = "".join(f'<li><span class="swatch t{tint_of(tint)}"></span>{escape(name)}</li>' for name, tint in legend)
    shown = f'<ul class="legend">{items}</ul>' if items else ""
    suffix = f" <small>{escape(unit)}</small>" if unit else ""
    return f"<figure><figcaption>{escape(title)}{suffix}</figcaption>{drawing}{shown}</figure>"


def tint_of(number: int) -> int:
    """Return the tint of a counted thing: they repeat after the last."""
    return (number - 1) % TINTS + 1


def grid(x: Axis, y: Axis, frame: Frame) -> str:
    """Return the axes, the horizontal lines and all ticks."""
    parts = []
    for tick in y.ticks:
        at = px(y.position(tick.value))
        parts.append(f'<line class="grid" x1="{px(x.start)}" x2="{px(x.end)}" y1="{at}" y2="{at}"/>')
        place = f'x="{px(x.start - 6)}" y="{at}" dy="0.35em" text-anchor="end"'
        parts.append(f'<text class="tick" {place}>{tick.label}</text>')
    base = frame.height - frame.bottom
    for tick in x.ticks:
        at = px(x.position(tick.value))
        parts.append(f'<line class="axis" x1="{at}" x2="{at}" y1="{px(base)}" y2="{px(base + 4)}"/>')
        anchor = "end" if x.position(tick.value) > frame.width - _HALF else "middle"
        parts.append(f'<text class="tick" x="{at}" y="{px(base + 18)}" text-anchor="{anchor}">{tick.label}</text>')
    parts.append(f'<line class="axis" x1="{px(x.start)}" x2="{px(x.end)}" y1="{px(base)}" y2="{px(base)}"/>')
    return "".join(parts)


def line(series: Series, x: Axis, y: Axis) -> str:
    """Return lines through a series' points, broken where a value is missing."""
    runs: list[list[str]] = [[]]
    for point in series.points:
        if math.isfinite(point.value):
            runs[-1].append(f"{px(x.position(point.at.timestamp()))},{px(y.position(point.value))}")
        elif runs[-1]:
            runs.append([])
    css = f"line t{tint_of(series.tint)}"
    return "".join(f'<polyline class="{css}" points="{" ".join(run)}"/>' for run in runs if len(run) > 1)


def dot(series: Series, point: Point, x: Axis, y: Axis, radius: float = 3.5) -> str:
    """Return a point with its interval, its ring where it alerts, and its tooltip."""
    if not math.isfinite(point.value):
        return ""
    cx, cy, css = x.position(point.at.timestamp()), y.position(point.value), f"t{tint_of(series.tint)}"
    parts = []
    if point.low is not None and point.high is not None:
        low, high = px(y.position(point.low)), px(y.position(point.high))
        parts.append(f'<line class="whisker {css}" x1="{px(cx)}" x2="{px(cx)}" y1="{low}" y2="{high}"/>')
    if point.alert:
        parts.append(f'<circle class="ring" cx="{px(cx)}" cy="{px(cy)}" r="{px(radius + 3)}"/>')
    note = f"<title>{escape(point.note)}</title>" if point.note else ""
    parts.append(f'<circle class="dot {css}" cx="{px(cx)}" cy="{px(cy)}" r="{px(radius)}">{note}</circle>')
    return "".join(parts)


def level(mark: Level, x: Axis, y: Axis) -> str:
    """Return a horizontal line across the plot with its label."""
    at = y.position(mark.value)
    return (
        f'<line class="level" x1="{px(x.start)}" x2="{px(x.end)}" y1="{px(at)}" y2="{px(at)}"/>'
        f'<text class="note" x="{px(x.end)}" y="{px(at - 4)}" text-anchor="end">{escape(mark.label)}</text>'
    )


def stagger(markers: Sequence[Marker], x: Axis) -> list[int]:
    """Return the row of each marker's label, 0 the lowest, so that no two labels overlap."""
    ends: list[float] = []
    rows = []
    for marker in markers:
        left = _label_left(marker, x)
        row = next((index for index, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [left + len(marker.label) * _LETTER + 8]
        rows.append(row)
    return rows


def _label_left(marker: Marker, x: Axis) -> float:
    return min(x.position(marker.at.timestamp()) + 3, x.end - len(marker.label) * _LETTER)


def draw_markers(markers: Sequence[Marker], rows: Sequence[int], x: Axis, frame: Frame) -> list[str]:
    """Return vertical lines with their labels above the plot."""
    drawn = []
    for marker, row in zip(markers, rows, strict=True):
        at, base = px(x.position(marker.at.timestamp())), frame.top - 6 - MARKER_ROW * row
        drawn.append(
            f'<line class="marker {marker.kind}" x1="{at}" x2="{at}" y1="{px(base - 9)}" '
            f'y2="{px(frame.height - frame.bottom)}"/>'
            f'<text class="note {marker.kind}" x="{px(_label_left(marker, x))}" y="{px(base)}">'
            f"{escape(marker.label)}</text>"
        )
    return drawn


def areas(
    steps: Sequence[tuple[datetime, Mapping[str, float]]],
    name: str,
    order: Sequence[str],
    tint: int,
    end: datetime,
    x: Axis,
    y: Axis,
) -> str:
    """Draw one name's share as rectangles on top of the names before it."""
    below = order[: order.index(name)]
    parts = []
    for index, (at, shares) in enumerate(steps):
        until = steps[index + 1][0] if index + 1 < len(steps) else end
        share = shares.get(name, 0.0)
        if share <= 0 or until <= at:
            continue
        base = sum(shares.get(other, 0.0) for other in below)
        left, right = x.position(at.timestamp()), x.position(until.timestamp())
        top, bottom = y.position(base + share), y.position(base)
        note = escape(f"{name}: {share:g} % from {at:%d %b %H:%M} to {until:%d %b %H:%M}")
        parts.append(
            f'<rect class="area t{tint_of(tint)}" x="{px(left)}" y="{px(top)}" width="{px(right - left)}" '
            f'height="{px(bottom - top)}"><title>{note}</title></rect>'
        )
    return "".join(parts)


def empty(frame: Frame) -> str:
    """Return the words that stand where there is nothing to draw."""
    x, y = (frame.left + frame.width - frame.right) / 2, (frame.top + frame.height - frame.bottom) / 2
    return f'<text class="note" x="{px(x)}" y="{px(y)}" text-anchor="middle">no data</text>'


def px(value: float) -> str:
    """Return a coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
