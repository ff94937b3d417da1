"""How far a number from finitely many rows may lie from the one of infinitely many."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from modelwright.errors import UsageError
from modelwright.stats.columns import Floats
from modelwright.stats.drift import CUMULATED, compare_counts, cumulated_many, statistic_value, tabulate
from modelwright.stats.profile import ColumnProfile

Interval = tuple[float, float]


def proportion(count: int, total: int, *, confidence: float = 0.95) -> Interval | None:
    """Return Wilson's score interval of a share; None without rows."""
    if not 0 <= count <= total:
        raise UsageError(f"{count} of {total} is no share")
    if not total:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = count / total
    centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / (1 + z**2 / total)
    return (0.0 if count == 0 else centre - half, 1.0 if count == total else centre + half)


def drift_interval(
    reference: ColumnProfile,
    current: ColumnProfile,
    method: str,
    *,
    confidence: float = 0.95,
    resamples: int = 400,
    seed: int = 0,
) -> Interval | None:
    """Return the interval of a drift statistic from multinomial resamples of the current counts.

    The reference is taken as known and rows as independent: rows of one day that resemble one another make the truth
    wider. Distances are never negative, so noise raises them; the resamples' mean excess over the value is taken off.
    None where the statistic is insufficient.
    """
    value = statistic_value(reference, current, method)
    if value is None:
        return None
    drawn = _resampled(reference, current, method, resamples, np.random.default_rng(seed))
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2]) - (drawn.mean() - value)
    return max(0.0, min(float(low), value)), max(float(high), value)


def _resampled(
    reference: ColumnProfile, current: ColumnProfile, method: str, resamples: int, generator: np.random.Generator
) -> Floats:
    if method in CUMULATED:
        assert current.numbers is not None
        drawn = _draw(current.numbers.counts.astype(np.float64), resamples, generator)
        return cumulated_many(reference, current, method, drawn)[0]
    table = tabulate(reference, current)
    return compare_counts(method, table.reference, _draw(table.current, resamples, generator))


def _draw(counts: Floats, resamples: int, generator: np.random.Generator) -> Floats:
    total = counts.sum()
    return generator.multinomial(int(total), counts / total, size=resamples).astype(np.float64)
