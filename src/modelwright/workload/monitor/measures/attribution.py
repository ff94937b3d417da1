"""Attribution: whether the model leans on other columns than it did on its reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.stats.attribution import attribution_drift, explain
from modelwright.stats.columns import Floats
from modelwright.workload.monitor.checks import Check
from modelwright.workload.monitor.measures.finding import NO_BASELINE, Finding, insufficient, judged
from modelwright.workload.monitor.sample import Sample
from modelwright.workload.signature import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelwright.workload.model_folder import LoadedModel

_SAMPLE = 500


def measure_attribution(check: Check, sample: Sample, _window: float) -> Iterator[Finding]:
    """Yield one finding: the change of the columns' shares of influence since the reference."""
    profile = sample.baseline.profile
    if profile is None:
        yield insufficient(NO_BASELINE)
        return
    if profile.importances is None:
        yield insufficient("the reference says nothing of the columns' influence")
        return
    current = importances(sample.baseline.model, sample.predictions.inputs, seed=sample.seed)
    found = attribution_drift(profile.importances, current)
    detail = {"reference": dict(found.reference), "current": dict(found.current)}
    if found.value is None:
        yield Finding("insufficient", message=found.reason, detail=detail)
        return
    status = judged(violated=found.value > float(check.document["threshold"]))
    yield Finding(status, found.value, detail=detail)


def importances(model: LoadedModel, inputs: Mapping[str, NDArray[Any]], *, seed: int = 0) -> dict[str, float]:
    """Return each input column's influence on a model's score, over up to 500 rows."""
    rows = next((len(values) for values in inputs.values()), 0)
    columns = {}
    for column in model.signature.inputs:
        values = inputs.get(column.name)
        columns[column.name] = (
            encode(column, [None if _null(value) else value for value in values.tolist()])
            if values is not None
            else encode(column, [None] * rows)
        )

    def predict(given: Mapping[str, NDArray[Any]]) -> Floats:
        return np.asarray(model.predict(given).score, dtype=np.float64)

    return explain(predict, columns, sample=_SAMPLE, permutations=8, seed=seed)


def _null(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124  NaN is not itself
