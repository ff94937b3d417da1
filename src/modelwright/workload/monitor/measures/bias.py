"""Bias: whether groups are treated alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from modelwright.stats.bias import FEWEST_IN_GROUP, bias, bias_metric
from modelwright.workload.monitor.checks import Check
from modelwright.workload.monitor.measures.finding import Finding, insufficient, judged
from modelwright.workload.monitor.sample import Sample


def measure_bias(check: Check, sample: Sample, _window: float) -> Iterator[Finding]:
    """Yield one finding; the group is an input or an attribute of the truth."""
    document = check.document
    metric = document.get("metric") or "demographic_parity"
    group = sample.attribute(document["group"])
    if group is None:
        yield insufficient(f"no row has the group {document['group']!r}, among the inputs or with its truth")
        return
    predicted = sample.predictions.outputs.get("prediction")
    if predicted is None:
        yield insufficient("no row has a prediction")
        return
    needs_truth = "true_positive_rate" in bias_metric(metric).rates
    found = bias(
        metric,
        group,
        predicted,
        sample.labels if needs_truth else None,
        positive=sample.baseline.positive,
        minimum=int(document.get("min_group") or FEWEST_IN_GROUP),
        seed=sample.seed,
    )
    detail = {"groups": [asdict(each) for each in found.groups], "ignored": [asdict(each) for each in found.ignored]}
    if found.value is None:
        yield Finding("insufficient", message=found.reason, detail=detail)
        return
    status = judged(violated=found.violates(float(document["threshold"])))
    yield Finding(status, found.value, found.interval, detail=detail)
