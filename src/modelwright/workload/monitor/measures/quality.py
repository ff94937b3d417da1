"""Quality: whether the inputs of a window are as whole as the reference's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from modelwright.stats.intervals import proportion
from modelwright.stats.profile import ColumnProfile, Profile
from modelwright.stats.quality import Finding as Fault
from modelwright.stats.quality import Limits, check_quality
from modelwright.workload.monitor.checks import Check
from modelwright.workload.monitor.measures.finding import NO_BASELINE, Finding, insufficient
from modelwright.workload.monitor.sample import Sample


def measure_quality(check: Check, sample: Sample, _window: float) -> Iterator[Finding]:
    """Yield one finding whose value is the number of faults; its detail lists them, warnings included.

    A share of nulls is a fault where it exceeds the reference's by more than is allowed and chance does not explain it.
    """
    reference = sample.baseline.profile
    if reference is None:
        yield insufficient(NO_BASELINE)
        return
    columns = [name for name in check.document.get("columns") or reference.columns if name in sample.predictions.inputs]
    faults, warnings = quality_faults(reference, sample.current, check.document, columns)
    detail = {"faults": faults, "warnings": warnings}
    message = "; ".join(f"{fault['column']}: {fault['message']}" for fault in faults)
    yield Finding("violated" if faults else "ok", float(len(faults)), None, message, detail=detail)


def quality_faults(
    reference: Profile, current: Profile, document: Mapping[str, Any], columns: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the faults and the mere warnings of some columns, as JSON."""
    faults: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    for name in columns:
        if name not in reference.columns:
            continue
        for fault in _of_column(name, reference[name], current[name], document):
            warns = fault.check == "new_categories" and document.get("new_categories", "warn") == "warn"
            (warnings if warns else faults).append(asdict(fault))
    return faults, warnings


def _of_column(
    name: str, reference: ColumnProfile, current: ColumnProfile, document: Mapping[str, Any]
) -> Iterator[Fault]:
    usual = reference.nulls / reference.total if reference.total else 0.0
    limits = Limits(
        nulls=min(1.0, usual + float(document.get("nulls") or 0.0)),
        out_of_range=document.get("out_of_range"),
        new_categories=None if document.get("new_categories") == "ignore" else 0.0,
    )
    one, other = Profile(reference.total, {name: reference}), Profile(current.total, {name: current})
    for fault in check_quality(one, other, limits):
        if fault.status == "violated" and not (fault.check == "nulls" and _by_chance(current, fault.threshold)):
            yield fault


def _by_chance(current: ColumnProfile, limit: float) -> bool:
    interval = proportion(current.nulls, current.total)
    return limit > 0 and interval is not None and interval[0] <= limit
