"""Attribution: whether the model leans on other columns than it did on its reference."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.stats.attribution import attribution_drift
from modelwright.workload.influence import influence
from modelwright.workload.monitor.checks import Check
from modelwright.workload.monitor.measures.finding import NO_BASELINE, Finding, insufficient, judged
from modelwright.workload.monitor.sample import Sample


def measure_attribution(check: Check, sample: Sample, _window: float) -> Iterator[Finding]:
    """Yield one finding: the change of the columns' shares of influence since the reference."""
    profile = sample.baseline.profile
    if profile is None:
        yield insufficient(NO_BASELINE)
        return
    if profile.importances is None:
        yield insufficient("the reference says nothing of the columns' influence")
        return
    current = influence(sample.baseline.model, sample.predictions.inputs, seed=sample.seed)
    if current is None:
        yield insufficient("the columns' influence on these rows cannot be computed")
        return
    found = attribution_drift(profile.importances, current)
    detail = {"reference": dict(found.reference), "current": dict(found.current)}
    if found.value is None:
        yield Finding("insufficient", message=found.reason, detail=detail)
        return
    status = judged(violated=found.value > float(check.document["threshold"]))
    yield Finding(status, found.value, detail=detail)
