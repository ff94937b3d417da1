"""The one clock that decisions read: real by default, a replay clock for demos, tests and backfills.

Timeouts, claims and leases never use it: they use wall time. A replay clock is shared with other processes through a
file of eight bytes (microseconds since 1970, little-endian), whose path they find in `MODELWRIGHT_CLOCK`.
"""

from __future__ import annotations

import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from modelwright.errors import UsageError

VARIABLE = "MODELWRIGHT_CLOCK"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = struct.Struct("<q")


class Clock(Protocol):
    """Something that knows the time of decisions."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        ...


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        """Return the machine's time, in UTC."""
        return datetime.now(UTC)


class FileClock:
    """Reads the time that a `ReplayClock` in another process has set."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), _FORMAT.size, access=mmap.ACCESS_READ)

    def now(self) -> datetime:
        """Return the replayed time, in UTC."""
        (micros,) = _FORMAT.unpack(self._map[: _FORMAT.size])
        return _EPOCH + timedelta(microseconds=micros)


class ReplayClock:
    """A clock that stands still until it is moved forward, and lets other processes see it through `path`."""

    def __init__(self, path: Path, start: datetime) -> None:
        self.path = path
        self._now = start.astimezone(UTC)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_FORMAT.pack(_micros(self._now)))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FORMAT.size)

    def now(self) -> datetime:
        """Return the replayed time, in UTC."""
        return self._now

    def advance_to(self, moment: datetime) -> None:
        """Move the clock forward. Raises `UsageError` when that would turn it back."""
        if moment < self._now:
            raise UsageError(f"a replay clock cannot go back from {self._now.isoformat()} to {moment.isoformat()}")
        self._now = moment.astimezone(UTC)
        self._map[: _FORMAT.size] = _FORMAT.pack(_micros(self._now))


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def clock_from_environment() -> Clock:
    """Return the replay clock named by `MODELWRIGHT_CLOCK`, else the real one."""
    path = os.environ.get(VARIABLE)
    return FileClock(Path(path)) if path else SystemClock()
