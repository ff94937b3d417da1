"""Measures any check of a sample; what cannot be measured becomes a finding that says why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from modelwright.errors import ModelwrightError
from modelwright.workload.monitor.checks import Check
from modelwright.workload.monitor.measures.attribution import measure_attribution
from modelwright.workload.monitor.measures.bias import measure_bias
from modelwright.workload.monitor.measures.drift import measure_drift
from modelwright.workload.monitor.measures.finding import Finding, insufficient
from modelwright.workload.monitor.measures.performance import measure_performance
from modelwright.workload.monitor.measures.quality import measure_quality
from modelwright.workload.monitor.sample import Sample

_LOG = logging.getLogger("modelwright.monitor")
_LONGEST = 2_000
_MEASURES: Mapping[str, Callable[[Check, Sample, float], Iterator[Finding]]] = {
    "drift": measure_drift,
    "quality": measure_quality,
    "performance": measure_performance,
    "bias": measure_bias,
    "attribution": measure_attribution,
}


def findings_of(check: Check, sample: Sample, *, window: float, least: int) -> list[Finding]:
    """Return a check's findings on a window of so many seconds; with fewer than `least` rows it says nothing."""
    try:
        if sample.rows < least:
            reason = f"{sample.rows} rows, {least} are asked for" if sample.rows else "the window has no rows"
            return [_silent(column, reason) for column in _columns(check, sample)]
        return list(_MEASURES[check.kind](check, sample, window))
    except Exception as error:  # noqa: BLE001  a model may raise anything, and the other checks still count
        message = error.message if isinstance(error, ModelwrightError) else f"{type(error).__name__}: {error}"
        _LOG.warning("%s: %s", check.base, message)
        return [Finding("error", message=message[:_LONGEST])]


def _silent(column: str | None, reason: str) -> Finding:
    return insufficient(reason, column=column, said={"column": column} if column else {})


def _columns(check: Check, sample: Sample) -> Sequence[str | None]:
    if check.kind != "drift":
        return (None,)
    given: Sequence[str] = check.document.get("columns") or ()
    profile = sample.baseline.profile
    return tuple(given or (profile.columns if profile else ())) or (None,)
