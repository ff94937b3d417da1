"""Truth and predictions of the same rows, brought into the form that a metric computes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import DataError
from modelwright.stats.columns import Floats, Values, as_values, infer_kind, names, numbers, spell
from modelwright.stats.metrics import Metric
from modelwright.stats.sums import Codes

_TRUE = {"1": 1, "true": 1, "0": 0, "false": 0}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows with truth and predictions, one array of predictions per model; `kept` marks the rows that were usable."""

    truth: Floats | Codes
    predictions: tuple[Floats | Codes, ...]
    kept: NDArray[np.bool_]

    @property
    def rows(self) -> int:
        """Return the number of usable rows."""
        return len(self.truth)

    @property
    def dropped(self) -> int:
        """Return the number of rows left out because truth or a prediction was null."""
        return len(self.kept) - len(self.truth)


def outcome(
    metric: Metric, truth: Values | Sequence[Any], *predictions: Values | Sequence[Any], positive: object = None
) -> Outcome:
    """Pair truth with one or more models' predictions; rows where any of them is null are left out.

    `positive` names the positive class of a binary metric; without it truth must be booleans or 0 and 1. Labels are
    equal if they are spelled alike: 1, 1.0 and "1" are one class. Raises `DataError` for different lengths, labels
    that are not binary, a probability outside of [0, 1], or text where numbers are needed.
    """
    columns = [as_values(truth, "truth"), *(as_values(column, "prediction") for column in predictions)]
    if len({len(column) for column in columns}) > 1:
        raise DataError(f"truth has {len(columns[0])} rows, predictions have {[len(c) for c in columns[1:]]}")
    if metric.input == "value":
        return _kept([_numeric(column) for column in columns])
    if metric.input == "label":
        return _labelled(columns, metric.truth == "binary", positive)
    scores = [_numeric(column) for column in columns[1:]]
    known = _probabilities(scores) if metric.name in ("log_loss", "brier") else scores
    return _kept([binary_codes(columns[0], positive), *known])


def _kept(columns: list[Floats]) -> Outcome:
    usable = np.logical_and.reduce([~np.isnan(column) for column in columns])
    first, *others = (column[usable] for column in columns)
    return Outcome(first, tuple(others), usable)


def _numeric(column: Values) -> Floats:
    floats, mismatched = numbers(column, "numeric")
    if mismatched:
        raise DataError(f"{mismatched} values are no numbers, though the metric needs numbers")
    return floats


def _probabilities(scores: list[Floats]) -> list[Floats]:
    for score in scores:
        if len(score) and (np.nanmin(score, initial=0.0) < 0 or np.nanmax(score, initial=1.0) > 1):
            raise DataError("a score lies outside of [0, 1]", remedy="give probabilities of the positive class")
    return scores


def binary_codes(column: Values, positive: object) -> Floats:
    """Return 0, 1 and NaN for null. Raises `DataError` for labels that are not 0 and 1 without a `positive` one."""
    if positive is None and infer_kind(column) in ("numeric", "boolean"):
        floats, _ = numbers(column, "numeric")
        if not np.isin(floats[~np.isnan(floats)], (0, 1)).all():
            raise DataError("truth is not 0 and 1", remedy="name the positive class")
        return floats
    return np.array([np.nan if name is None else _code(name, positive) for name in names(column)])


def _code(name: str, positive: object) -> int:
    if positive is not None:
        wanted = spell(positive)
        return int(_TRUE.get(name, name) == _TRUE.get(wanted, wanted))
    if name not in _TRUE:
        raise DataError(f"{name!r} is neither 0 nor 1", remedy="name the positive class")
    return _TRUE[name]


def _labelled(columns: list[Values], binary: bool, positive: object) -> Outcome:
    named = [names(column) for column in columns]
    found = sorted({name for part in named for name in part if name is not None})
    if binary:
        codes = {name: _code(name, positive) for name in found}
    elif set(found) <= set(_TRUE):
        codes = {name: _TRUE[name] for name in found}
    else:
        codes = {name: code for code, name in enumerate(found)}
    coded = [np.array([np.nan if name is None else codes[name] for name in part], dtype=float) for part in named]
    kept = _kept(coded)
    return Outcome(kept.truth.astype(np.intp), tuple(part.astype(np.intp) for part in kept.predictions), kept.kept)
