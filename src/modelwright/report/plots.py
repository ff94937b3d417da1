"""Charts as inline SVG: lines with intervals, stacked shares, sparklines and bars, with axes, legends and tooltips."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from modelwright.report.axis import Axis, number_axis, time_axis
from modelwright.report.drawing import (
    MARKER_ROW,
    areas,
    dot,
    draw_markers,
    empty,
    figure,
    grid,
    level,
    line,
    px,
    stagger,
    svg,
    tint_of,
)
from modelwright.report.text import escape
from modelwright.report.values import Frame, Level, Marker, Series

_CROWDED = 150
"""Points of a series beyond which only those that alert are dots: the others are on the line."""


def time_chart(  # noqa: PLR0913  a chart has so many sides, all but three of them optional
    title: str,
    series: Sequence[Series],
    *,
    start: datetime,
    end: datetime,
    unit: str = "",
    levels: Sequence[Level] = (),
    markers: Sequence[Marker] = (),
    frame: Frame | None = None,
    least: float | None = None,
) -> str:
    """Return a chart of series over time; whiskers show intervals, a ring shows an alert.

    The axis of values begins at `least` where no value is below it.
    """
    small = frame is not None and frame.width < Frame().width
    x, frame, rows, ordered = _layout(start, end, markers, frame or Frame())
    y = _value_axis(series, levels, frame, least)
    parts = [grid(x, y, frame), *(level(one, x, y) for one in levels), *draw_markers(ordered, rows, x, frame)]
    for one in series:
        parts.append(line(one, x, y))
        crowded = len(one.points) > _CROWDED
        parts.extend(dot(one, point, x, y) for point in one.points if point.alert or not crowded)
    if not any(one.points for one in series):
        parts.append(empty(frame))
    css = "chart small" if small else "chart"
    return figure(title, svg(title, parts, frame, css), [(one.name, one.tint) for one in series], unit)


def share_chart(
    title: str,
    steps: Sequence[tuple[datetime, Mapping[str, float]]],
    *,
    tints: Mapping[str, int],
    start: datetime,
    end: datetime,
    markers: Sequence[Marker] = (),
) -> str:
    """Return stacked shares in percent that hold from each step to the next; absent names have no share."""
    x, frame, rows, ordered = _layout(start, end, markers, Frame(height=190.0))
    y = number_axis(0.0, 100.0, frame.height - frame.bottom, frame.top)
    names = list(tints)
    parts = [areas(steps, name, names, tint, end, x, y) for name, tint in tints.items()]
    parts += [grid(x, y, frame), *draw_markers(ordered, rows, x, frame)]
    if not steps:
        parts.append(empty(frame))
    return figure(title, svg(title, parts, frame), list(tints.items()), "% of requests")


def sparkline(series: Sequence[Series], *, threshold: float | None, start: datetime, end: datetime, title: str) -> str:
    """Return small lines without axes, their threshold dashed and what lies above it ringed."""
    frame = Frame(width=220.0, height=44.0, left=6.0, right=6.0, top=7.0, bottom=5.0)
    values = [point.value for one in series for point in one.points if math.isfinite(point.value)]
    x = Axis(start.timestamp(), max(end.timestamp(), start.timestamp() + 1), frame.left, frame.width - frame.right, ())
    y = Axis(0.0, max([*values, threshold or 0.0, 1e-9]), frame.height - frame.bottom, frame.top, ())
    parts = []
    for one in series:
        parts.append(line(one, x, y))
        parts += [dot(one, replace(point, low=None, high=None), x, y, radius=2.0) for point in one.points]
    if threshold is not None:
        at = px(y.position(threshold))
        parts.append(f'<line class="level" x1="{px(x.start)}" x2="{px(x.end)}" y1="{at}" y2="{at}"/>')
    return svg(title, parts, frame, css="spark")


def bar(share: float, *, title: str, tint: int = 1, width: float = 120.0) -> str:
    """Return a horizontal bar for a share of 0..1."""
    filled = px(min(max(share, 0.0), 1.0) * width)
    parts = [
        f'<rect class="track" x="0" y="1" width="{px(width)}" height="10" rx="2"/>',
        f'<rect class="bar t{tint_of(tint)}" x="0" y="1" width="{filled}" height="10" rx="2"/>',
    ]
    return svg(title, parts, Frame(width=width, height=12.0), css="meter")


def bar_chart(title: str, rows: Sequence[tuple[str, Sequence[float]]], *, names: Sequence[str]) -> str:
    """Return one group of horizontal bars per row, one bar per name, for shares of 0..1 shown in percent."""
    thick, gap = 13.0, 10.0
    group = thick * len(names) + gap
    frame = Frame(height=group * len(rows) + 34.0, left=120.0, right=48.0, top=4.0)
    x = number_axis(0.0, 100.0, frame.left, frame.width - frame.right)
    parts = [_columns(x, frame)]
    for index, (label, values) in enumerate(rows):
        top = frame.top + index * group + gap / 2
        middle = px(top + thick * len(names) / 2)
        name = f'<text class="tick" x="{px(x.start - 8)}" y="{middle}" dy="0.35em" text-anchor="end">'
        parts.append(f"{name}{escape(label)}</text>")
        parts += [_bar(value, x, top + thick * tint, thick, tint + 1) for tint, value in enumerate(values)]
    if not rows:
        parts.append(empty(replace(frame, height=60.0)))
    return figure(title, svg(title, parts, frame), [(name, tint) for tint, name in enumerate(names, 1)], "%")


def _bar(share: float, x: Axis, top: float, thick: float, tint: int) -> str:
    if not math.isfinite(share):
        return f'<text class="tick" x="{px(x.start + 4)}" y="{px(top + thick / 2)}" dy="0.35em">not known</text>'
    right = x.position(share * 100)
    return (
        f'<rect class="bar t{tint_of(tint)}" x="{px(x.start)}" y="{px(top)}" width="{px(right - x.start)}" '
        f'height="{px(thick - 2)}" rx="2"/>'
        f'<text class="tick" x="{px(right + 5)}" y="{px(top + thick / 2 - 1)}" dy="0.35em">{share * 100:.0f}</text>'
    )


def _columns(x: Axis, frame: Frame) -> str:
    base = frame.height - frame.bottom
    return "".join(
        f'<line class="grid" x1="{px(x.position(tick.value))}" x2="{px(x.position(tick.value))}" '
        f'y1="{px(frame.top)}" y2="{px(base)}"/>'
        f'<text class="tick" x="{px(x.position(tick.value))}" y="{px(base + 16)}" text-anchor="middle">'
        f"{tick.label}</text>"
        for tick in x.ticks
    )


def _layout(
    start: datetime, end: datetime, markers: Sequence[Marker], frame: Frame
) -> tuple[Axis, Frame, list[int], list[Marker]]:
    """Return the time axis, a frame with room for the markers' labels, and each marker's row."""
    wanted = 8 if frame.width >= Frame().width else 5
    x = time_axis(start, end, frame.left, frame.width - frame.right, wanted=wanted)
    ordered = sorted(markers, key=lambda marker: marker.at)
    rows = stagger(ordered, x)
    room = MARKER_ROW * (max(rows) + 1) if rows else 0.0
    return x, replace(frame, height=frame.height + room, top=frame.top + room), rows, ordered


def _value_axis(series: Sequence[Series], levels: Sequence[Level], frame: Frame, least: float | None) -> Axis:
    values = [one.value for one in levels] + ([least] if least is not None else [])
    for one in series:
        for point in one.points:
            values += [value for value in (point.value, point.low, point.high) if value is not None]
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    return number_axis(min(known), max(known), frame.height - frame.bottom, frame.top)
