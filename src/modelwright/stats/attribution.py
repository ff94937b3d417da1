"""Which columns a model's predictions rest on, and whether that has changed.

Importances are mean absolute Shapley values of the prediction over sampled rows, so no truth is needed. For a linear
model they are exact; for any other they are sampled over antithetic permutations of the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from modelwright.errors import DataError, UsageError, did_you_mean
from modelwright.stats.columns import Columns, Floats, Values, as_columns

Predict: TypeAlias = Callable[[Mapping[str, Values]], Floats]

ATTRIBUTION_METHODS = ("total_variation", "ndcg")
_MOST_CELLS = 200_000


@dataclass(frozen=True, slots=True)
class AttributionDrift:
    """The distance of two importance vectors, 0 (same) to 1; or the reason why there is none."""

    method: str
    value: float | None
    reason: str
    reference: Mapping[str, float]
    current: Mapping[str, float]

    @property
    def status(self) -> str:
        """Return `ok` or `insufficient`."""
        return "insufficient" if self.value is None else "ok"


def shapley_values(
    predict: Predict,
    rows: Columns,
    background: Columns | None = None,
    *,
    permutations: int = 16,
    seed: int = 0,
) -> Floats:
    """Return sampled Shapley values of predictions, `(rows, columns)`.

    `predict` takes columns and returns one number per row. In each of `permutations` random orders, and in its
    reverse, the columns of a random background row (default: another of `rows`) are replaced one by one by the row's
    own; what a replacement changes is that column's share. A row's values add up to its prediction minus the mean
    prediction of its background rows, exactly. Costs `2 · permutations · (columns + 1)` predictions per row.
    """
    own, other = as_columns(rows), as_columns(background if background is not None else rows)
    if permutations < 1 or list(own) != list(other):
        raise UsageError("give at least one permutation, and the same columns as rows and background")
    number, names = _length(own), list(own)
    total = np.zeros((number, len(names)))
    if not number or not _length(other):
        return total
    generator = np.random.default_rng(seed)
    for _ in range(permutations):
        order = generator.permutation(len(names))
        drawn = generator.integers(0, _length(other), size=number)
        for direction in (order, order[::-1]):
            total += _walk(predict, own, {name: values[drawn] for name, values in other.items()}, direction)
    return total / (2 * permutations)


def _walk(
    predict: Predict,
    own: Mapping[str, Values],
    other: Mapping[str, Values],
    order: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> Floats:
    """Return what replacing each column in this order changes, `(rows, columns)`."""
    names = list(own)
    rank = {names[column]: place for place, column in enumerate(order)}
    number = _length(own)
    shares = np.empty((number, len(names)))
    batch = max(1, _MOST_CELLS // (len(names) + 1))
    for start in range(0, number, batch):
        part = slice(start, start + batch)
        stacked = {name: _stack(own[name][part], other[name][part], rank[name], len(names)) for name in names}
        answers = np.asarray(predict(stacked), dtype=np.float64).reshape(len(names) + 1, -1)
        shares[part, order] = np.diff(answers, axis=0).T
    return shares


def _stack(own: Values, other: Values, place: int, columns: int) -> Values:
    """Return the column in all `columns + 1` stages: the background's until it is replaced, then the row's own."""
    return np.concatenate([other] * (place + 1) + [own] * (columns - place))


def _length(columns: Mapping[str, Values]) -> int:
    return len(next(iter(columns.values()))) if columns else 0


def linear_shapley_values(
    coefficients: Mapping[str, float], rows: Columns, background: Columns | None = None
) -> Floats:
    """Return the exact Shapley values of a linear model, `(rows, columns)`: coefficient x (value - background mean)."""
    own, other = as_columns(rows), as_columns(background if background is not None else rows)
    if set(coefficients) != set(own) or set(own) != set(other):
        raise DataError("coefficients, rows and background have different columns")
    parts = [coefficients[name] * (values - other[name].mean()) for name, values in own.items()]
    return np.stack(parts, axis=-1).astype(np.float64) if parts else np.empty((0, 0))


def importances(values: Floats, names: list[str] | tuple[str, ...]) -> dict[str, float]:
    """Return each column's mean absolute Shapley value; all zero without rows."""
    if not len(values):
        return dict.fromkeys(names, 0.0)
    return dict(zip(names, np.abs(values).mean(axis=0).tolist(), strict=True))


def explain(
    predict: Predict, columns: Columns, *, sample: int = 1000, permutations: int = 16, seed: int = 0
) -> dict[str, float]:
    """Return the columns' importances for a model, over up to `sample` random rows, their own background."""
    arrays = as_columns(columns)
    rows = _length(arrays)
    drawn = np.random.default_rng(seed).permutation(rows)[:sample]
    taken = {name: values[drawn] for name, values in arrays.items()}
    return importances(shapley_values(predict, taken, permutations=permutations, seed=seed), list(arrays))


def attribution_drift(
    reference: Mapping[str, float], current: Mapping[str, float], method: str = "total_variation"
) -> AttributionDrift:
    """Return how much two importance vectors differ.

    `total_variation` is half the sum of absolute differences of the importances' shares. `ndcg` is one minus the
    normalised discounted cumulative gain of the reference's importances in the order of the current ones (as SageMaker
    Clarify, which alarms at nDCG < 0.9, that is beyond 0.1 here). Raises `UsageError` for an unknown method,
    `DataError` for different columns.
    """
    if method not in ATTRIBUTION_METHODS:
        raise UsageError(f"{method!r} is no attribution method", remedy=did_you_mean(method, ATTRIBUTION_METHODS))
    if set(reference) != set(current):
        raise DataError(f"importances of different columns: {sorted(set(reference) ^ set(current))}")
    first = np.array([reference[name] for name in reference])
    second = np.array([current[name] for name in reference])
    if not (first > 0).any() or not (second > 0).any():
        return AttributionDrift(method, None, "no prediction depends on any column", reference, current)
    value = _total_variation(first, second) if method == "total_variation" else 1 - ndcg(first, second)
    return AttributionDrift(method, float(np.clip(value, 0.0, 1.0)), "", reference, current)


def _total_variation(first: Floats, second: Floats) -> float:
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)


def ndcg(gains: Floats, ranking: Floats) -> float:
    """Return the discounted cumulative gain of `gains` ordered by `ranking`, over that of their own order.

    Columns with equal ranks share the mean of their gains.
    """
    discounts = 1 / np.log2(np.arange(2, len(gains) + 2))
    _, groups = np.unique(-ranking, return_inverse=True)
    groups = groups.reshape(-1)
    mean = np.bincount(groups, gains) / np.bincount(groups)
    found = (mean[np.sort(groups)] * discounts).sum()
    return float(found / (np.sort(gains)[::-1] * discounts).sum())
