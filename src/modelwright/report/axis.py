"""Axes: from values to positions, and where the ticks stand and what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_DAY = 86_400.0
_HOUR = 3_600.0
_STEPS = (60.0, 300.0, 600.0, 1_800.0, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)
_LEAST = 1e-9
"""A span below this, absolute or relative, is drawn as a constant."""
_LONGEST_DAYS = 100 * _DAY


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and its label."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from `low` to `high` (drawn from `start` to `end`, in pixels) with its ticks."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[Tick, ...]

    def position(self, value: float) -> float:
        """Return the pixel of a value; values outside are drawn at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def number_axis(low: float, high: float, start: float, end: float, *, wanted: int = 5) -> Axis:
    """Return an axis that holds `low..high`, with ticks at 1, 2 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high - low <= max(_LEAST, _LEAST * max(abs(low), abs(high))):
        middle = low if math.isfinite(low) else 0.0
        low, high = middle - 0.5, middle + 0.5
    step = nice_step((high - low) / wanted)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = tuple(Tick(index * step, f"{index * step:,.{digits}f}") for index in range(first, last + 1))
    return Axis(min(low, first * step), max(high, last * step), start, end, ticks)


def nice_step(rough: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))


def time_axis(low: datetime, high: datetime, start: float, end: float, *, wanted: int = 8) -> Axis:
    """Return an axis of time (seconds since 1970) with ticks at months, days, hours or minutes, in UTC."""
    first, last = low.timestamp(), max(high.timestamp(), low.timestamp() + 1)
    ticks = _months(low, high, wanted) if last - first > _LONGEST_DAYS else _regular(first, last, wanted)
    return Axis(first, last, start, end, ticks)


def _regular(first: float, last: float, wanted: int) -> tuple[Tick, ...]:
    step = next((step for step in _STEPS if (last - first) / step <= wanted), 28 * _DAY)
    style = "%-d %b" if step >= _DAY else "%H:%M"
    monday = 4 * _DAY if step % (7 * _DAY) == 0 else 0.0  # 1970 began on a Thursday
    index = math.ceil((first - monday) / step - 1e-9)
    ticks = []
    while index * step + monday <= last:
        value = index * step + monday
        ticks.append(Tick(value, datetime.fromtimestamp(value, UTC).strftime(style)))
        index += 1
    return tuple(ticks)


def _months(low: datetime, high: datetime, wanted: int) -> tuple[Tick, ...]:
    month = datetime(low.year, low.month, 1, tzinfo=UTC)
    if month < low:
        month = _next_month(month)
    ticks: list[Tick] = []
    while month <= high:
        label = month.strftime("%b %Y") if month.month == 1 or not ticks else month.strftime("%b")
        ticks.append(Tick(month.timestamp(), label))
        month = _next_month(month)
    return tuple(ticks[:: max(1, math.ceil(len(ticks) / (wanted + 4)))])


def _next_month(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)
