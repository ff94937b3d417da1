"""Performance: a metric of the predictions against the truth that came within its time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelwright.stats.compare import estimate
from modelwright.stats.metrics import metric
from modelwright.workload.monitor.checks import Check
from modelwright.workload.monitor.measures.finding import Finding, insufficient
from modelwright.workload.monitor.sample import Sample

_RESAMPLES = 400
_COLUMN = {"score": "probability", "label": "prediction", "value": "prediction"}


def measure_performance(check: Check, sample: Sample, _window: float) -> Iterator[Finding]:
    """Yield one finding; rows without truth or answer are left out, the interval comes from resampled rows."""
    low, high = check.document.get("minimum"), check.document.get("maximum")
    said = {"threshold": low if low is not None else high}
    least = float(check.document.get("min_matched") or 0.0)
    if not any(each is not None for each in sample.truth):
        yield insufficient("no prediction has a label yet", said=said)
        return
    if sample.matched < least:
        yield insufficient(
            f"{sample.matched:.1%} of the predictions have a label, {least:.0%} are asked for", said=said
        )
        return
    chosen = metric(check.document["metric"])
    column = sample.predictions.outputs.get(_COLUMN[chosen.input])
    if column is None:
        yield insufficient(
            f"{chosen.name} needs the output {_COLUMN[chosen.input]!r}, which the model does not give", said=said
        )
        return
    known = np.array([each is not None for each in sample.truth], dtype=bool)
    labels, answers = sample.labels[known], column[known]
    found = estimate(
        chosen, labels, answers, resamples=_RESAMPLES, seed=sample.seed, positive=_positive(sample, chosen.truth)
    )
    if found.value is None:
        yield insufficient(found.reason, said=said)
        return
    bad = (low is not None and found.value < low) or (high is not None and found.value > high)
    detail = {"labelled": int(known.sum()), "scored": found.rows}
    yield Finding("violated" if bad else "ok", found.value, found.interval, found.reason, said=said, detail=detail)


def _positive(sample: Sample, truth: str) -> object:
    return sample.baseline.positive if truth == "binary" else None
