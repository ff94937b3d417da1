"""The metrics by name: which way is better, and what they are computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from modelwright.errors import UsageError, did_you_mean
from modelwright.stats import classes, ranking, sums
from modelwright.stats.columns import Floats
from modelwright.stats.ranking import rank
from modelwright.stats.sums import Codes

Direction: TypeAlias = Literal["maximize", "minimize"]
Input: TypeAlias = Literal["score", "label", "value"]
Truth: TypeAlias = Literal["binary", "labels", "numbers"]
Number = TypeVar("Number", float, Floats)


class Prepared(Protocol):
    """A metric of given rows that can be evaluated for many resamples of their blocks."""

    @property
    def reason(self) -> str:
        """Return what it means when the metric is NaN."""
        ...

    def resampled(self, codes: Codes, blocks: int, counts: Floats) -> Floats:
        """Return the metric per row of `counts` (resamples x blocks); `codes` names each row's block."""
        ...


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: `input` says what the prediction must be.

    `score`: the probability of the positive class; `label`: the predicted class; `value`: a number.
    `truth` says what is known afterwards: a positive or a negative class, one of several labels, or a number.
    """

    name: str
    direction: Direction
    input: Input
    truth: Truth
    prepare: Callable[[Any, Any], Prepared]

    def improvement(self, candidate: Number, baseline: Number) -> Number:
        """Return by how much the candidate is better: positive is better in either direction."""
        return candidate - baseline if self.direction == "maximize" else baseline - candidate


_ALL = (
    Metric("auc", "maximize", "score", "binary", partial(rank, curve=ranking.area_under_curve)),
    Metric("average_precision", "maximize", "score", "binary", partial(rank, curve=ranking.average_precision)),
    Metric("ks", "maximize", "score", "binary", partial(rank, curve=ranking.separation)),
    Metric("log_loss", "minimize", "score", "binary", sums.log_loss),
    Metric("brier", "minimize", "score", "binary", sums.brier),
    Metric("accuracy", "maximize", "label", "labels", sums.accuracy),
    Metric("balanced_accuracy", "maximize", "label", "labels", classes.balanced_accuracy),
    Metric("macro_f1", "maximize", "label", "labels", classes.macro_f1),
    Metric("precision", "maximize", "label", "binary", sums.precision),
    Metric("recall", "maximize", "label", "binary", sums.recall),
    Metric("f1", "maximize", "label", "binary", sums.f1),
    Metric("rmse", "minimize", "value", "numbers", sums.rmse),
    Metric("mae", "minimize", "value", "numbers", sums.mae),
    Metric("mape", "minimize", "value", "numbers", sums.mape),
    Metric("r2", "maximize", "value", "numbers", sums.r2),
)

METRICS: Mapping[str, Metric] = {entry.name: entry for entry in _ALL}


def metric(name: str) -> Metric:
    """Return a metric. Raises `UsageError` naming the nearest one for an unknown name."""
    try:
        return METRICS[name]
    except KeyError:
        raise UsageError(f"{name!r} is no metric", remedy=did_you_mean(name, METRICS)) from None
