"""How the variants of an endpoint did over time: counts and latencies in even bins where there were requests at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelwright.contract.driver import Measure

BINS = 48
_ROUNDS = 6
_STEPS = tuple(
    timedelta(minutes=n)
    for n in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 5760, 10_080, 20_160, 40_320)
)

Read = Callable[[datetime, datetime], Mapping[str, Measure]]


@dataclass(frozen=True, slots=True)
class Bin:
    """What clients saw of each variant in one bin."""

    start: datetime
    end: datetime
    measures: Mapping[str, Measure]

    @property
    def middle(self) -> datetime:
        """The moment at which the bin is drawn."""
        return self.start + (self.end - self.start) / 2

    @property
    def requests(self) -> int:
        """All requests of the bin."""
        return sum(measure.requests for measure in self.measures.values())


def course(read: Read, since: datetime, until: datetime) -> tuple[Bin, ...]:
    """Return even bins from the first to the last with requests; none without any.

    It looks coarsely at first and then closer at the part with requests: an endpoint may have served for a week of
    a year, and a story on a replay clock lies years ago.
    """
    bins: tuple[Bin, ...] = ()
    step = _step(since, until)
    for _ in range(_ROUNDS):
        bins = _trimmed(_bins(read, since, until, step))
        if not bins:
            return ()
        since, until = bins[0].start, bins[-1].end
        finer = _step(since, until)
        if finer >= step:
            return bins
        step = finer
    return bins


def _step(since: datetime, until: datetime) -> timedelta:
    wide = (until - since) / BINS
    return next((step for step in _STEPS if step >= wide), wide)


def _bins(read: Read, since: datetime, until: datetime, step: timedelta) -> Sequence[Bin]:
    start = _floor(since, step)
    found = []
    while start < until:
        found.append(Bin(start, start + step, read(start, start + step)))
        start += step
    return found


def _floor(moment: datetime, step: timedelta) -> datetime:
    """Return the last multiple of the step since midnight."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + (moment - day) // step * step


def _trimmed(bins: Sequence[Bin]) -> tuple[Bin, ...]:
    busy = [index for index, one in enumerate(bins) if one.requests]
    return tuple(bins[busy[0] : busy[-1] + 1]) if busy else ()
