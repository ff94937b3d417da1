"""How far windows of a reference drift from the whole of it: the source of `auto` thresholds and false-alarm shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

Basis: TypeAlias = Literal["windows", "blocks", "default"]

FEWEST_WINDOWS = 5
QUANTILE = 0.95
DEFAULT_THRESHOLDS: Mapping[str, float] = {
    "psi": 0.2,
    "ks": 0.1,
    "js": 0.1,
    "wasserstein": 0.1,
    "l_infinity": 0.1,
    "cramers_v": 0.1,
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold and where it comes from.

    `basis` is `windows` (replayed windows of the reference), `blocks` (windows put together from resampled blocks of
    the reference, because fewer than 5 whole windows lie in it) or `default` (a rule of thumb, because the reference
    is too short or has no times). `value` is None where there is no such rule (chi-square).
    """

    value: float | None
    basis: Basis
    windows: int


@dataclass(frozen=True, slots=True)
class ReferenceDrift:
    """The drift statistics of a reference's own windows, `statistics[column][method]`; `window` in seconds."""

    window: float
    basis: Basis
    windows: int
    statistics: Mapping[str, Mapping[str, tuple[float, ...]]]

    def values(self, column: str, method: str) -> tuple[float, ...]:
        """Return the statistic of every replayed window, in their order; empty where unknown."""
        return self.statistics.get(column, {}).get(method, ())

    def threshold(self, column: str, method: str, *, quantile: float = QUANTILE, least: float = 0.0) -> Threshold:
        """Return the quantile (`numpy.quantile`, linear) of the replayed windows' statistics, and no less than `least`.

        A column that hardly varies inside the reference (the hour of departures) has a threshold far below anything
        that matters; `least` keeps such a column from alarming.
        """
        known = self.values(column, method)
        if len(known) < FEWEST_WINDOWS:
            return default_threshold(method)
        return Threshold(max(least, float(np.quantile(known, quantile))), self.basis, len(known))

    def false_alarm_share(self, column: str, method: str, number: float) -> float | None:
        """Return the share of the reference's windows whose statistic exceeds `number`; None where unknown."""
        known = self.values(column, method)
        return sum(value > number for value in known) / len(known) if known else None


def default_threshold(method: str) -> Threshold:
    """Return the rule of thumb: 0.2 for PSI, 0.1 for the other measures, none for chi-square (it grows with rows)."""
    return Threshold(DEFAULT_THRESHOLDS.get(method), "default", 0)
