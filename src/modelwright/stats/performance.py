"""How good predictions were, once the truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from modelwright.stats.columns import Values
from modelwright.stats.metrics import Metric, metric
from modelwright.stats.outcome import Outcome, outcome


@dataclass(frozen=True, slots=True)
class Measurement:
    """A metric's value, or the reason why there is none; `dropped` rows had no truth or no prediction."""

    metric: str
    value: float | None
    reason: str
    rows: int
    dropped: int

    @property
    def status(self) -> str:
        """Return `ok` or `insufficient`."""
        return "insufficient" if self.value is None else "ok"


def measure(
    name: str | Metric,
    truth: Values | Sequence[Any],
    prediction: Values | Sequence[Any],
    *,
    positive: object = None,
) -> Measurement:
    """Return one metric of predictions: of probabilities, labels or values, as `metric(name).input` says.

    Rows without truth or prediction are left out and counted. One class only, no rows, or nothing to divide by give
    `insufficient`. Raises `UsageError` for an unknown metric, `DataError` for values it cannot be computed from.
    """
    chosen = metric(name) if isinstance(name, str) else name
    rows = outcome(chosen, truth, prediction, positive=positive)
    value, reason = score(chosen, rows)
    return Measurement(chosen.name, value, reason, rows.rows, rows.dropped)


def score(chosen: Metric, rows: Outcome, model: int = 0) -> tuple[float | None, str]:
    """Return the metric of one model's predictions, or None and the reason."""
    if not rows.rows:
        return None, "no rows"
    prepared = chosen.prepare(rows.truth, rows.predictions[model])
    value = float(prepared.resampled(np.zeros(rows.rows, dtype=np.intp), 1, np.ones((1, 1)))[0])
    return (value, "") if np.isfinite(value) else (None, prepared.reason)


def measure_all(
    names: Iterable[str], truth: Values | Sequence[Any], predictions: Mapping[str, Values], *, positive: object = None
) -> dict[str, Measurement]:
    """Return several metrics; `predictions` holds what they are computed from under `score`, `label` and `value`."""
    return {name: measure(name, truth, predictions[metric(name).input], positive=positive) for name in names}
