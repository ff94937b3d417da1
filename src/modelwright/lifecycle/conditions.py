"""Conditions under which a rollout goes back, such as `error_rate > 0.01` or `p99_ms > 3 * stable`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from modelwright.contract.driver import Measure
from modelwright.lifecycle.evidence import errors_exceed


def broken_condition(conditions: Sequence[Mapping[str, Any]], new: Measure, stable: Measure, min_requests: int) -> str:
    """Return the sentence of the first condition that holds for the new release, or nothing.

    An error rate may speak before `min_requests` when it is above its limit beyond doubt; latencies wait for them.
    """
    return next((text for c in conditions if (text := _broken(c, new, stable, min_requests))), "")


def _broken(condition: Mapping[str, Any], new: Measure, stable: Measure, min_requests: int) -> str:
    metric, value = condition["metric"], float(condition["value"])
    enough = new.requests >= max(1, min_requests)
    if metric == "error_rate" and not condition["relative"]:
        if errors_exceed(new, value) or (enough and _beyond(condition, new.error_rate, value)):
            sign = condition["operator"]
            return f"error_rate {new.error_rate:.3f} {sign} {value:g} ({new.errors} of {new.requests} requests)"
        return ""
    found = _read(new, metric)
    limit = value * _read(stable, metric) if condition["relative"] else value
    if not enough or math.isnan(found) or math.isnan(limit) or not _beyond(condition, found, limit):
        return ""
    times = f" ({value:g} * stable)" if condition["relative"] else ""
    return f"{metric} {_told(metric, found)} {condition['operator']} {_told(metric, limit)}{times}"


def _beyond(condition: Mapping[str, Any], found: float, limit: float) -> bool:
    return found > limit or (condition["operator"] == ">=" and found == limit)


def _told(metric: str, value: float) -> str:
    return f"{value:.3f}" if metric == "error_rate" else f"{value:.1f}"


def _read(measure: Measure, metric: str) -> float:
    return {"error_rate": measure.error_rate, "p50_ms": measure.p50_ms, "p99_ms": measure.p99_ms}[str(metric)]
