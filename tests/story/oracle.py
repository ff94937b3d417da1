"""What the monitor should have found, from the raw files and the client's log alone: AUC, PSI, when 3 of 5 is reached.

Definitions are the published ones: weeks from Monday 00:00 UTC by event time; labels that were known when the window
closed; PSI over deciles of the reference, each share at least 1e-4, nulls in a bin of their own.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np
from sklearn.metrics import roc_auc_score
from tests.story.heard import Answered
from tests.story.raw import DAY, HOUR, WEATHER, Flight, instant

Flights: TypeAlias = Mapping[str, Flight]
Weeks: TypeAlias = Mapping[tuple[int, int], Sequence[Answered]]
"""The rows that were answered, by version and start of the week."""

WEEK = 7 * DAY
MONDAY = instant(2013, 2, 25)
MIDNIGHT = 5 * HOUR
"""The story's days begin at 05:00 UTC: labels arrive then, features are refreshed, the lake gets its days."""
LABELS_WITHIN = 3 * DAY
INPUTS_WITHIN = 15 * 60
MIN_ROWS = 4000
ENOUGH, OF_LAST = 3, 5
LEAST_SHARE = 1e-4
FEATURES = ("mean_delay_7d", "flights_7d")


def week_of(moment: int) -> int:
    """Return the start of the week that a moment lies in."""
    return MONDAY + (moment - MONDAY) // WEEK * WEEK


def day_start(moment: int) -> int:
    """Return the last beginning of a day of the story up to a moment."""
    return (moment - MIDNIGHT) // DAY * DAY + MIDNIGHT


def label_known(flight: Flight, until: int) -> bool:
    """Return whether a delay had been told by a moment: at the first beginning of a day after it was known."""
    return flight.known is not None and day_start(flight.known + DAY - 1) <= until


def by_week(answered: Iterable[Answered]) -> Weeks:
    """Return the rows by the version that answered and the week that they belong to."""
    found: dict[tuple[int, int], list[Answered]] = {}
    for row in answered:
        found.setdefault((row.version, week_of(row.scheduled)), []).append(row)
    return found


def rows_of(weeks: Weeks, version: int, start: int, until: int) -> list[Answered]:
    """Return the rows of a week that a version had answered by a moment."""
    return [row for row in weeks.get((version, start), ()) if row.at <= until]


def auc_of(flights: Flights, rows: Sequence[Answered], until: int) -> tuple[float | None, float]:
    """Return the AUC of rows with the labels known by a moment, and the share of rows that have one."""
    known = [row for row in rows if label_known(flights[row.flight], until)]
    labels = [flights[row.flight].late for row in known]
    matched = len(known) / len(rows) if rows else 0.0
    if len(set(labels)) < 2:
        return None, matched
    return float(roc_auc_score(labels, [row.probability for row in known])), matched


def psi(reference: Sequence[float], current: Sequence[float]) -> float:
    """Return the population stability index of two samples in which NaN is null."""
    first, second = (np.asarray(values, dtype=float) for values in (reference, current))
    edges = np.unique(np.quantile(first[~np.isnan(first)], np.arange(1, 10) / 10))
    p, q = (np.maximum(_shares(values, edges), LEAST_SHARE) for values in (first, second))
    return float(np.sum((p - q) * np.log(p / q)))


def _shares(values: Any, edges: Any) -> Any:
    null = np.isnan(values)
    bins = np.searchsorted(edges, values[~null], side="left")
    return np.append(np.bincount(bins, minlength=len(edges) + 1), null.sum()) / len(values)


class Carriers:
    """Each carrier's mean delay over seven days, by the hour, from the arrivals reported an hour after they were."""

    COMPUTED = 10 * 60

    def __init__(self, flights: Flights) -> None:
        arrivals: dict[str, list[tuple[int, int]]] = {}
        for flight in flights.values():
            if flight.arrived is not None and flight.delay is not None:
                arrivals.setdefault(flight.carrier, []).append((flight.arrived + HOUR, flight.delay))
        self._reported = {carrier: sorted(found) for carrier, found in arrivals.items()}
        self._times = {carrier: [time for time, _ in found] for carrier, found in self._reported.items()}
        self._sums = {
            carrier: [0, *accumulate(delay for _, delay in found)] for carrier, found in self._reported.items()
        }

    def known(self, carrier: str, moment: int) -> dict[str, float]:
        """Return the features as they were known at a moment; the mean of no flights is NaN."""
        hour = (moment - self.COMPUTED) // HOUR * HOUR
        times = self._times[carrier]
        first, last = bisect_right(times, hour - WEEK), bisect_right(times, hour)
        total = self._sums[carrier][last] - self._sums[carrier][first]
        flights = last - first
        return {"mean_delay_7d": total / flights if flights else math.nan, "flights_7d": float(flights)}


def column_of(flight: Flight, name: str, carriers: Carriers, known: int) -> float:
    """Return a numeric column of a departure, a feature as it was known at a moment."""
    if name in FEATURES:
        return carriers.known(flight.carrier, known)[name]
    return float(flight.weather.get(name, math.nan) if name in WEATHER else getattr(flight, name))


def training_rows(flights: Flights, begun: int) -> list[Flight]:
    """Return what a training that began at a moment was given: days whose every delay was known, none held out."""
    lake = day_start(begun)
    last: dict[Any, int] = {}
    for flight in flights.values():
        last[flight.day] = max(last.get(flight.day, 0), flight.known or 0)
    return [
        flight
        for flight in flights.values()
        if flight.delay is not None and last[flight.day] <= lake and not flight.held_out
    ]


def first_reached(weeks: Iterable[tuple[int, float, int]], minimum: float) -> int | None:
    """Return when 3 of the last 5 counted weeks were violated for the first time: that week's closing.

    `weeks` are starts, AUCs and rows in order; a week with too few rows does not count.
    """
    for start, counted in _counted(weeks):
        if sum(auc < minimum for auc in counted[-OF_LAST:]) >= ENOUGH:
            return start + WEEK + LABELS_WITHIN
    return None


def _counted(weeks: Iterable[tuple[int, float, int]]) -> Iterator[tuple[int, list[float]]]:
    counted: list[float] = []
    for start, auc, rows in weeks:
        if rows >= MIN_ROWS:
            counted.append(auc)
            yield start, counted
