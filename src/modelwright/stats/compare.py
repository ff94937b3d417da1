"""Is one model better than another on the same rows, and how sure is that: paired bootstrap over blocks of rows.

Rows of one day are not independent, so whole blocks are drawn with replacement, the same ones for both models. The
deviations of the resamples are widened by sqrt(B / (B - 1)) for B blocks, which removes the bootstrap's bias towards
too narrow intervals (Hesterberg 2015, https://doi.org/10.1080/00031305.2015.1089789).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from modelwright.errors import UsageError
from modelwright.stats.columns import Floats, Values
from modelwright.stats.metrics import Metric, metric
from modelwright.stats.outcome import Outcome, outcome
from modelwright.stats.performance import score
from modelwright.stats.resampling import Blocks, blocks_of, resample

FEWEST_BLOCKS = 5
_FEWEST_RESAMPLES = 100


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric's value with its interval; either is None where it cannot be had, and `reason` says why."""

    metric: str
    value: float | None
    interval: tuple[float, float] | None
    reason: str
    rows: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The improvement of a over b: positive is better, whichever way the metric points.

    `probability` is the share of resamples in which the improvement exceeds `by`; `passed` if it is at least
    `confidence` and the improvement itself exceeds `by`. With too few blocks nothing passes, and `reason` says so.
    """

    metric: str
    a: float | None
    b: float | None
    difference: float | None
    interval: tuple[float, float] | None
    probability: float | None
    passed: bool
    reason: str
    by: float
    confidence: float
    blocks: int
    rows: int


def compare(  # noqa: PLR0913  # two models, their rows, and how sure to be
    name: str | Metric,
    truth: Values | Sequence[Any],
    a: Values | Sequence[Any],
    b: Values | Sequence[Any],
    blocks: Values | Sequence[Any] | None = None,
    *,
    by: float = 0.0,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    positive: object = None,
) -> Comparison:
    """Compare the predictions of two models on the same rows.

    Rows without truth or without either prediction are left out for both. At least 5 blocks are needed. The same seed
    and rows give the same result. Raises `UsageError` for a confidence outside of (0, 1) or fewer than 100 resamples.
    """
    _check(confidence, resamples)
    chosen = metric(name) if isinstance(name, str) else name
    rows = outcome(chosen, truth, a, b, positive=positive)
    split = blocks_of(blocks, rows.kept)
    answer = _point(chosen, rows, split, by, confidence)
    if answer.reason or answer.difference is None:
        return answer
    prepared = [chosen.prepare(rows.truth, prediction) for prediction in rows.predictions]
    first, second = resample(prepared, split, resamples, seed)
    spread = _widened(chosen.improvement(first, second), answer.difference, split.number)
    if len(spread) < resamples / 2:
        return replace(answer, reason=f"most resamples have no {chosen.name}: {prepared[0].reason}")
    probability = float((spread > by).mean())
    passed = probability >= confidence and answer.difference > by
    return replace(answer, interval=_interval(spread, confidence), probability=probability, passed=passed)


def _point(chosen: Metric, rows: Outcome, split: Blocks, by: float, confidence: float) -> Comparison:
    """Return the comparison without its uncertainty, and why it will get none, if so."""
    (a, first_reason), (b, second_reason) = score(chosen, rows, 0), score(chosen, rows, 1)
    few = _too_few(split) if split.number < FEWEST_BLOCKS else ""
    return Comparison(
        metric=chosen.name,
        a=a,
        b=b,
        difference=None if a is None or b is None else chosen.improvement(a, b),
        interval=None,
        probability=None,
        passed=False,
        reason=first_reason or second_reason or few,
        by=by,
        confidence=confidence,
        blocks=split.number,
        rows=rows.rows,
    )


def estimate(
    name: str | Metric,
    truth: Values | Sequence[Any],
    prediction: Values | Sequence[Any],
    blocks: Values | Sequence[Any] | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    positive: object = None,
) -> Estimate:
    """Return a metric with its two-sided interval from resampled blocks (None with fewer than 5 blocks)."""
    _check(confidence, resamples)
    chosen = metric(name) if isinstance(name, str) else name
    rows = outcome(chosen, truth, prediction, positive=positive)
    split = blocks_of(blocks, rows.kept)
    value, reason = score(chosen, rows)
    if value is None or split.number < FEWEST_BLOCKS:
        return Estimate(chosen.name, value, None, reason or _too_few(split), rows.rows, split.number)
    (drawn,) = resample([chosen.prepare(rows.truth, rows.predictions[0])], split, resamples, seed)
    spread = _widened(drawn, value, split.number)
    if len(spread) < resamples / 2:
        reason = f"most resamples have no {chosen.name}"
        return Estimate(chosen.name, value, None, reason, rows.rows, split.number)
    return Estimate(chosen.name, value, _interval(spread, confidence), "", rows.rows, split.number)


def _check(confidence: float, resamples: int) -> None:
    if not 0 < confidence < 1:
        raise UsageError(f"a confidence of {confidence} makes no sense", remedy="give a number between 0 and 1")
    if resamples < _FEWEST_RESAMPLES:
        raise UsageError(f"{resamples} resamples are too few", remedy=f"give at least {_FEWEST_RESAMPLES}")


def _too_few(blocks: Blocks) -> str:
    return f"{blocks.number} blocks are too few for an interval; at least {FEWEST_BLOCKS} are needed"


def _widened(values: Floats, centre: float, blocks: int) -> Floats:
    known = values[np.isfinite(values)]
    return centre + (known - centre) * math.sqrt(blocks / (blocks - 1))


def _interval(values: Floats, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
