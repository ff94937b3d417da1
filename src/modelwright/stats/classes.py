"""Metrics that average over classes, from counts per block and class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from modelwright.stats.columns import Floats
from modelwright.stats.sums import Codes

PerClass: TypeAlias = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Classes:
    """True and predicted class numbers, and how right, actual and labelled rows make a class's value (NaN: none)."""

    truth: Codes
    predicted: Codes
    per_class: PerClass
    reason: str = "no rows"

    def resampled(self, codes: Codes, blocks: int, counts: Floats) -> Floats:
        """Return the mean over classes for each row of `counts` (resamples x blocks)."""
        classes = int(max(self.truth.max(initial=0), self.predicted.max(initial=0))) + 1
        right = self.truth == self.predicted
        places = (
            (codes[right] * classes + self.truth[right]),
            (codes * classes + self.truth),
            (codes * classes + self.predicted),
        )
        tables = [np.bincount(place, minlength=blocks * classes).reshape(blocks, classes) for place in places]
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self.per_class(*(counts @ table for table in tables))
            known = np.isfinite(values)
            return np.asarray(np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1))


def balanced_accuracy(truth: Codes, predicted: Codes) -> Classes:
    """Prepare the mean of the recalls of the classes that occur in the truth."""
    return Classes(truth, predicted, lambda right, actual, _: right / actual)


def macro_f1(truth: Codes, predicted: Codes) -> Classes:
    """Prepare the mean F1 over the classes that occur in truth or prediction."""
    return Classes(truth, predicted, lambda right, actual, labelled: 2 * right / (actual + labelled))
