"""Schedules in five cron fields, read in a time zone.

Where clocks jump forward, a skipped time runs as much later as the clock jumped; where they fall back, a repeated time
runs once, or in both hours where the hour field is `*`. If both day fields are restricted, either may match, as in
every cron.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from modelwright.spec.field import readable, shown

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_ITEM = re.compile(r"(?:(\*)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:/([0-9]{1,2}))?", re.ASCII)
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEARS = 9
"""29 February may be eight years away (1896 to 1904, 2096 to 2104)."""


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    words: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of month", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _DAYS),
)


@readable({"type": "string", "pattern": r"^\S+ \S+ \S+ \S+ \S+$", "examples": ["0 * * * *"]})
@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule: the user's spelling and what it matches."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @classmethod
    def parse(cls, value: Any) -> Cron:
        """Return the schedule of five fields. Raises `ValueError` naming the wrong field."""
        if isinstance(value, Cron):
            return value
        parts = value.lower().split() if isinstance(value, str) else []
        if len(parts) != len(_FIELDS):
            raise ValueError(f"{shown(value)} is no schedule: write five fields, minute hour day month weekday")
        minutes, hours, days, months, weekdays = (_numbers(*pair) for pair in zip(parts, _FIELDS, strict=True))
        cron = cls(" ".join(value.split()), tuple(sorted(minutes)), tuple(sorted(hours)), days, months, weekdays)
        if cron._any_weekday and min(days) > max(_LONGEST_MONTH[month - 1] for month in months):
            raise ValueError(f"{value!r} never comes: those months have no day {min(days)}")
        return cron

    @property
    def _any_day(self) -> bool:
        return self.text.split()[2].startswith("*")

    @property
    def _any_weekday(self) -> bool:
        return self.text.split()[4].startswith("*")

    def document(self) -> str:
        """Return the user's spelling."""
        return self.text

    def next_after(self, moment: datetime, timezone: str = "UTC") -> datetime:
        """Return the first time after `moment` (which has a zone), in UTC; the fields are read in `timezone`."""
        zone = _zone(timezone)
        first = moment.astimezone(zone).date() - timedelta(days=1)
        for offset in range(366 * _YEARS):
            later = [at for at in self._on(first + timedelta(days=offset), zone) if at > moment]
            if later:
                return min(later)
        raise ValueError(f"{self.text!r} does not come within {_YEARS} years")

    def last_before(self, moment: datetime, timezone: str = "UTC") -> datetime:
        """Return the last time at or before `moment`, in UTC."""
        zone = _zone(timezone)
        last = moment.astimezone(zone).date() + timedelta(days=1)
        for offset in range(366 * _YEARS):
            earlier = [at for at in self._on(last - timedelta(days=offset), zone) if at <= moment]
            if earlier:
                return max(earlier)
        raise ValueError(f"{self.text!r} did not come within {_YEARS} years")

    def _on(self, day: date, zone: tzinfo) -> Iterator[datetime]:
        """Yield the UTC times of one local day, in any order."""
        if not self._matches(day):
            return
        repeats = self.text.split()[1] == "*"
        for hour in self.hours:
            for minute in self.minutes:
                wall = datetime.combine(day, time(hour, minute), zone)
                yield wall.astimezone(UTC)
                if repeats and wall.replace(fold=1).utcoffset() != wall.utcoffset():
                    yield from _second(wall)

    def _matches(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self._any_day or self._any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday


def _second(wall: datetime) -> Iterator[datetime]:
    """Yield the second occurrence of a repeated wall time; a skipped one has none."""
    again = wall.replace(fold=1).astimezone(UTC)
    if again > wall.astimezone(UTC):
        yield again


def _numbers(text: str, field: _Field) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(f"{item!r} is no {field.name}")
        found.update(_range(match, field))
    return frozenset(number % 7 for number in found) if field.high == 7 else frozenset(found)  # noqa: PLR2004  # 7 is Sunday, like 0


def _range(match: re.Match[str], field: _Field) -> range:
    step = int(match[4] or 1)
    if match[1]:
        low, high = field.low, min(field.high, 6) if field.words is _DAYS else field.high
    else:
        low = _number(match[2], field)
        high = _number(match[3], field) if match[3] else field.high if match[4] else low
    if step == 0 or low > high:
        raise ValueError(f"{match[0]!r} is no {field.name}: {'the step is 0' if step == 0 else 'it runs backwards'}")
    return range(low, high + 1, step)


def _number(text: str, field: _Field) -> int:
    number = field.words.get(text, int(text) if text.isdecimal() else -1)
    if not field.low <= number <= field.high:
        raise ValueError(f"{text!r} is no {field.name}: {field.low} to {field.high}")
    return number


def _zone(name: str) -> tzinfo:
    # UTC needs no database of zones, which a bare image lacks.
    return UTC if name == "UTC" else ZoneInfo(name)


def known_timezone(name: str) -> str:
    """Return an IANA time zone's name. Raises `ValueError` for one that is not known."""
    try:
        _zone(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone: write one such as UTC or Europe/Berlin") from error
    return name
