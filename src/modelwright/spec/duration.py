"""Spans of time as users write them: `"10m"`, `"24h"`, `"1h30m"`, `"365d"`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator

from modelwright.spec.field import readable, shown

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_WHOLE = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,6})?(?:ms|[smhdw]))+", re.ASCII)
_PART = re.compile(r"([0-9.]+)(ms|[smhdw])", re.ASCII)
_LONGEST = 36525 * 86400.0
_HINT = "write a number and a unit: 30s, 10m, 24h, 7d, 2w, or 1h30m"


@readable({"type": "number", "minimum": 0, "unit": "seconds", "written": ["10m", "24h", "365d"]})
@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time: `seconds`, and the user's spelling. Two spellings of the same span are equal."""

    seconds: float
    text: str = field(compare=False)

    @classmethod
    def parse(cls, value: Any) -> Duration:
        """Return the duration of a spelling, a `timedelta` or a `Duration`. Raises `ValueError` otherwise."""
        if isinstance(value, Duration):
            return value
        if isinstance(value, timedelta):
            return cls._checked(value.total_seconds(), f"{value.total_seconds():g}s")
        if not isinstance(value, str) or not _WHOLE.fullmatch(value):
            raise ValueError(f"{shown(value)} is no duration: {_HINT}")
        return cls._checked(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value)), value)

    @classmethod
    def _checked(cls, seconds: float, text: str) -> Duration:
        if not 0 <= seconds <= _LONGEST:
            raise ValueError(f"{text} is no duration between nothing and a hundred years")
        return cls(seconds, text)

    @property
    def timedelta(self) -> timedelta:
        """The span as Python's own type."""
        return timedelta(seconds=self.seconds)

    def document(self) -> float:
        """Return the seconds, as documents hold them."""
        return self.seconds

    def __str__(self) -> str:
        return self.text

    def __lt__(self, other: Duration) -> bool:
        return self.seconds < other.seconds

    def __bool__(self) -> bool:
        return self.seconds > 0


def _lasting(duration: Duration) -> Duration:
    if not duration:
        raise ValueError("must last longer than nothing")
    return duration


Lasting = Annotated[Duration, AfterValidator(_lasting)]
"""A duration that is not zero."""
