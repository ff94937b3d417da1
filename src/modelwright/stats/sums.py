"""Metrics that are functions of sums over rows: resampling rows or blocks only changes how often each is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelwright.stats.columns import Floats

Codes: TypeAlias = NDArray[np.intp]
Combine: TypeAlias = Callable[[Floats], Floats]

_SMALLEST = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Sums:
    """What each row adds (`rows`, n x k) and how the k sums make the metric; NaN where they do not.

    `reason` says what a NaN means.
    """

    rows: Floats
    combine: Combine
    reason: str

    def resampled(self, codes: Codes, blocks: int, counts: Floats) -> Floats:
        """Return the metric for each row of `counts` (resamples x blocks): how often each block is taken."""
        sums = np.stack([np.bincount(codes, column, minlength=blocks) for column in self.rows.T], axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.combine(counts @ sums)


def _mean_of_first(sums: Floats) -> Floats:
    return np.asarray(sums[..., 0] / sums[..., -1])


def _root_of_mean(sums: Floats) -> Floats:
    return np.asarray(np.sqrt(_mean_of_first(sums)))


def _with_count(*columns: Floats) -> Floats:
    return np.stack([*columns, np.ones(len(columns[0]))], axis=-1)


def accuracy(truth: Codes, predicted: Codes) -> Sums:
    """Prepare the share of right labels."""
    return Sums(_with_count((truth == predicted).astype(np.float64)), _mean_of_first, "no rows")


def precision(truth: Codes, predicted: Codes) -> Sums:
    """Prepare the share of right ones among the rows labelled positive."""
    hits = ((truth == 1) & (predicted == 1)).astype(np.float64)
    return Sums(np.stack([hits, (predicted == 1) * 1.0], axis=-1), _mean_of_first, "no row was labelled positive")


def recall(truth: Codes, predicted: Codes) -> Sums:
    """Prepare the share of positive rows that were labelled positive."""
    hits = ((truth == 1) & (predicted == 1)).astype(np.float64)
    return Sums(np.stack([hits, (truth == 1) * 1.0], axis=-1), _mean_of_first, "no row is positive")


def f1(truth: Codes, predicted: Codes) -> Sums:
    """Prepare the harmonic mean of precision and recall."""
    hits = 2.0 * ((truth == 1) & (predicted == 1))
    both = (truth == 1) * 1.0 + (predicted == 1)
    return Sums(np.stack([hits, both], axis=-1), _mean_of_first, "no row is positive or was labelled so")


def log_loss(positive: Codes, score: Floats) -> Sums:
    """Prepare the mean negative log-likelihood; probabilities are kept 2.2e-16 away from 0 and 1 (as scikit-learn)."""
    sure = np.clip(score, _SMALLEST, 1 - _SMALLEST)
    return Sums(_with_count(-np.log(np.where(positive == 1, sure, 1 - sure))), _mean_of_first, "no rows")


def brier(positive: Codes, score: Floats) -> Sums:
    """Prepare the mean squared difference between probability and outcome."""
    return Sums(_with_count((score - positive) ** 2), _mean_of_first, "no rows")


def rmse(truth: Floats, predicted: Floats) -> Sums:
    """Prepare the root of the mean squared error."""
    return Sums(_with_count((truth - predicted) ** 2), _root_of_mean, "no rows")


def mae(truth: Floats, predicted: Floats) -> Sums:
    """Prepare the mean absolute error."""
    return Sums(_with_count(np.abs(truth - predicted)), _mean_of_first, "no rows")


def mape(truth: Floats, predicted: Floats) -> Sums:
    """Prepare the mean absolute error relative to the truth, which is kept 2.2e-16 away from 0 (as scikit-learn)."""
    share = np.abs(truth - predicted) / np.maximum(np.abs(truth), _SMALLEST)
    return Sums(_with_count(share), _mean_of_first, "no rows")


def r2(truth: Floats, predicted: Floats) -> Sums:
    """Prepare the share of the truth's variance that is explained."""

    def combine(sums: Floats) -> Floats:
        missed, total, squares, rows = np.moveaxis(sums, -1, 0)
        variation = squares - total**2 / rows
        return np.asarray(np.where(variation > _SMALLEST * squares, 1 - missed / variation, np.nan))

    centred = truth - truth.mean() if len(truth) else truth
    return Sums(_with_count((truth - predicted) ** 2, centred, centred**2), combine, "the truth is constant")
