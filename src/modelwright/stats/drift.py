"""How far current values lie from a reference, from counts in the reference's bins.

Bins of `psi`, `js`, `l_infinity`, `chi_square` and `cramers_v`, simple enough to recompute from raw rows:

- numeric and timestamp: edges e = `numpy.unique(numpy.quantile(reference, [0.1, 0.2, …, 0.9]))` (method `linear`,
  nulls left out); bins `(-inf, e1], (e1, e2], …, (ek, inf)`. A constant reference v has the bins `< v`, `v`, `> v`.
- categorical and boolean: one bin per category of the reference (its 1,000 most frequent), one for all others.
- nulls are one more bin.

With p and q the shares of all rows (nulls included) per bin in the reference and the current window:
PSI = Σ (p - q) · ln(p / q), each share raised to at least 1e-4 and not renormalised. A bin that is empty on both sides
adds nothing, so it does not matter whether it is listed. The counts are exact, and so are these five.

`ks` and `wasserstein` compare the values that are not null, over 1,023 quantile cuts of the reference; `error` bounds
their distance from the exact statistic. `wasserstein` is divided by the reference's standard deviation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from modelwright.errors import UsageError, did_you_mean
from modelwright.stats import distances
from modelwright.stats.bins import edge_names
from modelwright.stats.columns import Floats
from modelwright.stats.profile import ColumnProfile, Profile

Status: TypeAlias = Literal["ok", "insufficient"]
Distance: TypeAlias = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin's shares of the reference and of the current rows."""

    name: str
    reference: float
    current: float


@dataclass(frozen=True, slots=True)
class DriftStatistic:
    """A statistic, or the reason why there is none (`value` None, status `insufficient`).

    `error` bounds the distance from the exact statistic of the raw values; `rows` are the current rows.
    """

    method: str
    value: float | None
    status: Status
    reason: str
    rows: int
    error: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Counts per bin on both sides, in one order."""

    names: tuple[str, ...]
    reference: Floats
    current: Floats


_SHARES: Mapping[str, Distance] = {
    "psi": distances.population_stability,
    "js": distances.jensen_shannon,
    "l_infinity": distances.largest_difference,
}
_COUNTS: Mapping[str, Distance] = {"chi_square": distances.chi_square, "cramers_v": distances.cramers_v}
CUMULATED = ("ks", "wasserstein")
_BEYOND = "the values are too large, or too close together, for a distance in doubles"

METHODS: tuple[str, ...] = (*_SHARES, *_COUNTS, *CUMULATED)


def drift(reference: ColumnProfile, current: ColumnProfile, method: str) -> DriftStatistic:
    """Return one statistic of a column; `current` was counted in the bins of `reference`.

    No rows, no values, or a method that needs numbers on a column that has none give `insufficient`, never NaN.
    Raises `UsageError` for an unknown method.
    """
    check_method(method)
    reason = insufficient(reference, current, method)
    value, error = (math.nan, 0.0) if reason else _value(reference, current, method)
    if not math.isfinite(value) or not math.isfinite(error):
        return DriftStatistic(method, None, "insufficient", reason or _BEYOND, current.total, 0.0, ())
    return DriftStatistic(method, value, "ok", "", current.total, error, _bins(reference, current))


def drift_columns(reference: Profile, current: Profile, method: str) -> dict[str, DriftStatistic]:
    """Return one statistic of every column of the reference."""
    return {name: drift(column, current[name], method) for name, column in reference.columns.items()}


def check_method(method: str) -> None:
    """Raise `UsageError` for a method that does not exist."""
    if method not in METHODS:
        raise UsageError(f"{method!r} is no drift method", remedy=did_you_mean(method, METHODS))


def insufficient(reference: ColumnProfile, current: ColumnProfile, method: str) -> str:
    """Return why a statistic cannot be computed, or nothing."""
    if not reference.total or not current.total:
        return "the reference has no rows" if not reference.total else "the window has no rows"
    if method not in CUMULATED:
        return ""
    if reference.numbers is None or current.numbers is None:
        return f"{method} needs numbers; the column is {reference.kind}"
    if not reference.present or not current.present:
        return "the reference has no values" if not reference.present else "the window has no values"
    return _no_scale(reference, current) if method == "wasserstein" else ""


def _no_scale(reference: ColumnProfile, current: ColumnProfile) -> str:
    first, second = reference.numbers, current.numbers
    assert first is not None
    assert second is not None
    if first.std is None:
        return "the reference's values are too large for a standard deviation"
    moved = second.minimum != first.minimum or second.maximum != first.maximum
    return "the reference is constant, so a distance has no scale; use psi or ks" if first.std == 0 and moved else ""


def statistic_value(reference: ColumnProfile, current: ColumnProfile, method: str) -> float | None:
    """Return a statistic's value alone; None where it is insufficient."""
    if insufficient(reference, current, method):
        return None
    value, error = _value(reference, current, method)
    return value if math.isfinite(value) and math.isfinite(error) else None


def _value(reference: ColumnProfile, current: ColumnProfile, method: str) -> tuple[float, float]:
    if method in CUMULATED:
        assert current.numbers is not None
        values, error = cumulated_many(reference, current, method, current.numbers.counts.astype(np.float64))
        return float(values), error
    table = tabulate(reference, current)
    return float(compare_counts(method, table.reference, table.current)), 0.0


def compare_counts(method: str, reference: Floats, current: Floats) -> Floats:
    """Return a statistic of counts per bin; `current` may have one row per resample."""
    if method in _COUNTS:
        return _COUNTS[method](reference, current)
    return _SHARES[method](reference / reference.sum(), current / current.sum(axis=-1, keepdims=True))


def tabulate(reference: ColumnProfile, current: ColumnProfile) -> Table:
    """Return the counts of all rows per bin, the nulls last."""
    names, first = _counts(reference)
    _, second = _counts(current)
    return Table(
        (*names, "null"),
        np.append(first, reference.nulls).astype(np.float64),
        np.append(second, current.nulls).astype(np.float64),
    )


def _counts(column: ColumnProfile) -> tuple[tuple[str, ...], Floats]:
    if column.numbers is not None:
        return edge_names(column.numbers.edges), column.numbers.decile_counts.astype(np.float64)
    assert column.categories is not None
    counts = [*column.categories.counts.values(), column.categories.other]
    return (*column.categories.counts, "other"), np.array(counts, dtype=np.float64)


def _bins(reference: ColumnProfile, current: ColumnProfile) -> tuple[Bin, ...]:
    table = tabulate(reference, current)
    first, second = table.reference / reference.total, table.current / current.total
    return tuple(Bin(name, float(p), float(q)) for name, p, q in zip(table.names, first, second, strict=True) if p or q)


def cumulated_many(
    reference: ColumnProfile, current: ColumnProfile, method: str, counts: Floats
) -> tuple[Floats, float]:
    """Return ks or wasserstein for each row of current counts, and the bound of the first row's error.

    KS: between two cuts both functions only rise, so the exact statistic exceeds the largest difference at the cuts by
    at most the reference's largest share between cuts (an atom between its own cuts cannot hide anything).
    Wasserstein: inside a bin of width w the linear functions are off by at most the bin's shares, times w.
    """
    first, second = reference.numbers, current.numbers
    assert first is not None
    assert second is not None
    p = first.counts / first.counts.sum()
    q = counts / counts.sum(axis=-1, keepdims=True)
    below, seen = np.cumsum(p)[:-1], np.cumsum(q, axis=-1)[..., :-1]
    if method == "ks":
        return distances.largest_difference(below, seen), float(np.where(_atoms(first.cuts), 0.0, p).max())
    points = _support(first.cuts, first.minimum, first.maximum, second.minimum, second.maximum)
    scale = first.std or 1.0
    with np.errstate(over="ignore", invalid="ignore"):  # what is beyond doubles is insufficient
        values = distances.area_between(_closed(below), _closed(seen), points)
        widths = np.where(_atoms(first.cuts), 0.0, np.diff(points))
        return values / scale, float((widths * (p + np.atleast_2d(q)[0])).sum() / scale)


def _atoms(cuts: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    single = np.nextafter(cuts[1:], -np.inf) == cuts[:-1]
    return np.concatenate(([False], single, [False]))


def _closed(below: Floats) -> Floats:
    ends = np.zeros((*below.shape[:-1], 1))
    return np.concatenate((ends, below, ends + 1.0), axis=-1)


def _support(cuts: Floats, *extremes: float | None) -> Floats:
    known = [value for value in extremes if value is not None]
    return np.concatenate(([min(*known, cuts[0])], cuts, [max(*known, cuts[-1])]))
