"""Windows of a monitor: absolute intervals that tile time, aligned in the monitor's time zone.

Windows of whole days start at local midnight, counted from a Monday, so that seven days are calendar weeks. Shorter
ones start at local midnight and follow one another; what is left of a day joins the last one if it is less than half a
window, else it is a shorter window. All others are counted from that Monday in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from modelwright.errors import UsageError

INPUTS_CLOSE = timedelta(minutes=15)
"""How long after a window's end its rows may arrive."""

_MONDAY = date(1970, 1, 5)
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The moments `start <= t < end`, both in UTC."""

    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """The start as it stands in the keys of results: `20130304T000000Z`."""
        return f"{self.start:%Y%m%dT%H%M%SZ}"


class Tiling:
    """All windows of a length in seconds in a time zone. Raises `UsageError` for a zone that does not exist."""

    def __init__(self, length: float, zone: str = "UTC") -> None:
        if not length > 0:
            raise UsageError(f"a window of {length} seconds makes no sense")
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise UsageError(f"there is no time zone {zone!r}") from error
        self._length = length

    def containing(self, moment: datetime) -> Window:
        """Return the window that a moment lies in."""
        moment = moment.astimezone(UTC)
        local = moment.astimezone(self._zone).date()
        if self._length % _DAY == 0:
            days = round(self._length / _DAY)
            first = local - timedelta(days=(local - _MONDAY).days % days)
            return Window(self._midnight(first), self._midnight(first + timedelta(days=days)))
        if self._length < _DAY:
            return self._within(self._midnight(local), self._midnight(local + timedelta(days=1)), moment)
        origin, length = self._midnight(_MONDAY), timedelta(seconds=self._length)
        start = origin + (moment - origin) // length * length
        return Window(start, start + length)

    def between(self, first: datetime, last: datetime) -> Iterator[Window]:
        """Yield the windows that have a moment `first <= t < last`, in order."""
        window = self.containing(first)
        while window.start < last:
            yield window
            window = self.containing(window.end)

    def _within(self, start: datetime, end: datetime, moment: datetime) -> Window:
        length = timedelta(seconds=self._length)
        whole, rest = divmod(end - start, length)
        number = min((moment - start) // length, whole if rest * 2 >= length else whole - 1)
        opening = start + number * length
        closing = opening + length
        is_last = closing > end or end - closing < length / 2
        return Window(opening, end if is_last else closing)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self._zone).astimezone(UTC)


def delay_of(check: Mapping[str, Any], labels_within: float | None = None) -> timedelta:
    """Return how long after a window's end a check closes: 15 minutes, or as long as its labels may take."""
    within = check.get("labels_within", labels_within)
    if check["kind"] not in {"performance", "bias"}:
        return INPUTS_CLOSE
    return max(INPUTS_CLOSE, timedelta(seconds=float(within or 0)))


def closed_between(monitor: Mapping[str, Any], since: datetime, until: datetime) -> list[datetime]:
    """Return the moments `since < t <= until` at which some check of some window closes, in order.

    `monitor` has `window` (seconds), `timezone` and `checks`, as a monitor's document and config have.
    """
    tiling = Tiling(float(monitor["window"]), monitor.get("timezone") or "UTC")
    delays = {delay_of(check, monitor.get("labels_within")) for check in monitor["checks"]}
    first = since - max(delays, default=INPUTS_CLOSE)
    closings = {window.end + delay for window in tiling.between(first, until) for delay in delays}
    return sorted(moment for moment in closings if since < moment <= until)
