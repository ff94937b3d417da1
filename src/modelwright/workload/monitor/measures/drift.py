"""Drift: each column of a window against the version's own reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelwright.errors import UsageError
from modelwright.stats.drift import check_method, drift
from modelwright.stats.intervals import drift_interval
from modelwright.stats.profile import Profile
from modelwright.stats.replay import Threshold, default_threshold
from modelwright.workload.monitor.checks import Check
from modelwright.workload.monitor.measures.finding import NO_BASELINE, Finding, insufficient, judged
from modelwright.workload.monitor.sample import Sample

# A threshold is a quantile of statistics of the same kind: what differs from it in the last digit is not beyond it.
_ROUNDING = 1e-12


def measure_drift(check: Check, sample: Sample, window: float) -> Iterator[Finding]:
    """Yield one finding per column; `window` is the monitor's length in seconds, which chooses the `auto` threshold."""
    method = check.document.get("method") or "psi"
    check_method(method)
    reference = sample.baseline.profile
    if reference is None:
        for column in check.document.get("columns") or (None,):
            yield insufficient(NO_BASELINE, column=column, said={"column": column, "method": method})
        return
    for column in check.document.get("columns") or tuple(reference.columns):
        yield _column(check, sample, reference, column, method, window)


def _column(check: Check, sample: Sample, reference: Profile, column: str, method: str, window: float) -> Finding:
    said: dict[str, Any] = {"column": column, "method": method}
    if column not in reference.columns:
        return insufficient("the reference has no such column", column=column, said=said)
    threshold, alarms = _threshold(check, reference, column, method, window)
    detail = {"false_alarms": alarms, "basis": threshold.basis, "windows": threshold.windows}
    said["threshold"] = threshold.value
    found = drift(reference[column], sample.current[column], method)
    if found.value is None or threshold.value is None:
        reason = found.reason or f"{method} has no threshold of its own: give a number"
        return Finding("insufficient", found.value, None, reason, column, said, detail)
    interval = drift_interval(reference[column], sample.current[column], method, seed=sample.seed)
    status = judged(violated=found.value > threshold.value + _ROUNDING)
    return Finding(status, found.value, interval, "", column, said, {**detail, "error": found.error})


def _threshold(
    check: Check, reference: Profile, column: str, method: str, window: float
) -> tuple[Threshold, float | None]:
    """Return the number that counts, where it comes from, and its share of false alarms on the reference."""
    replay = reference.replay(window)
    given = check.document.get("threshold", "auto")
    if given == "auto":
        threshold = (
            replay.threshold(column, method, least=check.document.get("least") or 0.0)
            if replay
            else default_threshold(method)
        )
    elif isinstance(given, int | float) and not isinstance(given, bool):
        threshold = Threshold(float(given), "default", replay.windows if replay else 0)
    else:
        raise UsageError(f"{given!r} is no threshold", remedy="give a number or 'auto'")
    if replay is None or threshold.value is None:
        return threshold, None
    return threshold, replay.false_alarm_share(column, method, threshold.value)
