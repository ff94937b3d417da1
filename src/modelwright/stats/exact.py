"""Drift statistics from raw values on both sides: exact, slower, and independent of profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from modelwright.errors import DataError
from modelwright.stats.columns import Floats, Values, as_values, infer_kind, numbers
from modelwright.stats.drift import DriftStatistic, drift
from modelwright.stats.profile import profile_columns


def ks(reference: Values | Sequence[Any], current: Values | Sequence[Any]) -> float | None:
    """Return the two-sample Kolmogorov-Smirnov statistic of the values that are not null; None without values."""
    first, second = _values(reference), _values(current)
    if not len(first) or not len(second):
        return None
    points = np.concatenate((first, second))
    return float(np.abs(_distribution(first, points) - _distribution(second, points)).max())


def wasserstein(
    reference: Values | Sequence[Any], current: Values | Sequence[Any], *, standardise: bool = True
) -> float | None:
    """Return the area between the two distribution functions, by default in standard deviations of the reference.

    None without values on either side, and for a standardised distance from a constant.
    """
    first, second = _values(reference), _values(current)
    if not len(first) or not len(second):
        return None
    points = np.sort(np.concatenate((first, second)))
    gap = np.abs(_distribution(first, points) - _distribution(second, points))
    area = float((gap[:-1] * np.diff(points)).sum())
    if not standardise or area == 0:
        return area
    scale = float(first.std())
    return area / scale if scale and first[0] != first[-1] else None


def psi(reference: Values | Sequence[Any], current: Values | Sequence[Any]) -> float | None:
    """Return the population stability index of raw values (binning: see `drift`); None without rows."""
    return statistic(reference, current, "psi").value


def js(reference: Values | Sequence[Any], current: Values | Sequence[Any]) -> float | None:
    """Return the Jensen-Shannon distance, base 2, over the bins of PSI; None without rows."""
    return statistic(reference, current, "js").value


def statistic(reference: Values | Sequence[Any], current: Values | Sequence[Any], method: str) -> DriftStatistic:
    """Return any drift statistic of raw values by profiling the reference on the spot."""
    profile = profile_columns({"column": reference})
    return drift(profile["column"], profile.count({"column": current})["column"], method)


def _values(column: Values | Sequence[Any]) -> Floats:
    values = as_values(column)
    kind = infer_kind(values)
    if kind == "categorical" and len(values) and any(item is not None for item in values.tolist()):
        raise DataError("numbers are needed, the column holds categories")
    floats, _ = numbers(values, "numeric" if kind in ("categorical", "boolean") else kind)
    return np.sort(floats[~np.isnan(floats)])


def _distribution(ordered: Floats, points: Floats) -> Floats:
    return np.asarray(np.searchsorted(ordered, points, side="right") / len(ordered))
