"""Edits of registries, models, gates, and of checks in gates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelwright.spec.checks import Bias, Performance, Quality
from modelwright.spec.gates import Approval, Beats, Cost, Passes, Soak, Threshold
from modelwright.spec.model_registry import Model
from modelwright.testing.corpus import parts
from modelwright.testing.corpus.edit import Edit
from modelwright.testing.corpus.making import adds, changes

_SOAKING = (parts.api(serves="delay@challenger"), parts.api(name="other", serves="delay@next"))
_GATE = Threshold(metric="auc", operator=">=", value=0.65)


def edits() -> Iterator[Edit]:
    """Yield them."""
    yield from _models()
    yield from _gates()


def _models() -> Iterator[Edit]:
    yield adds("model_registry", parts.model_registry)
    yield from changes("model_registry", parts.model_registry, {"models": ([Model("delay")], [Model("cancelled")])})
    kind, place, judged = "model", parts.model, parts.EVALUATED
    jobs = (parts.job(), parts.job(name="train-other", allow_formats=["callable"]))
    yield from changes(kind, place, {"evaluation": (None, "lake/flights")})
    yield from changes(kind, place, {"evaluation": ("lake/flights", "lake/others")})
    yield from changes(kind, place, {
        "holdout": (None, "day_of_year % 5 == 0"),
        "label": ("late", "cancelled"),
        "block": ("day", "week"),
        "timestamp": (None, "scheduled"),
        "metrics": ((), ["log_loss"]),
        "gates": ((), [_GATE]),
    }, beside={**judged, "block": "day"})  # fmt: skip
    yield from changes(
        kind, place, {"holdout": ("carrier == 'AA'", "carrier == 'UA'")}, beside={**judged, "block": "day"}
    )
    window = {**judged, "timestamp": "scheduled"}
    yield from changes(kind, place, {"timestamp": ("scheduled", "departed")}, beside=judged)
    yield from changes(kind, place, {"evaluation_window": (None, "28d")}, beside=window)
    yield from changes(kind, place, {"training": ("train", "train-other")}, extra=jobs)


def _gates() -> Iterator[Edit]:
    rule: dict[str, Any] = {"metric": "auc", "operator": ">=", "value": 0.65}
    yield adds("threshold", parts.gate(Threshold), **rule)
    yield adds("beats", parts.gate(Beats), metric="auc")
    yield adds("soak", parts.gate(Soak), extra=_SOAKING, duration="24h")
    yield adds("approval", parts.gate(Approval), role="reviewer")
    yield adds("passes", parts.gate(Passes), check=Quality())
    yield adds("cost", parts.gate(Cost), maximum=20.0)
    yield from changes("threshold", parts.gate(Threshold), {
        "metric": ("auc", "log_loss"), "operator": (">=", "<="), "value": (0.65, 0.7),
    }, beside=rule)  # fmt: skip
    yield from changes("beats", parts.gate(Beats), {
        "metric": ("auc", "log_loss"), "alias": ("champion", "stable"), "by": (0.0, 0.005), "confidence": (0.95, 0.9),
    }, beside={"metric": "auc"})  # fmt: skip
    yield from changes("soak", parts.gate(Soak), {
        "duration": ("24h", "48h"), "as_": ("challenger", "next"), "environment": (None, "staging"),
        "min_requests": (0, 1000),
    }, beside={"duration": "24h"}, extra=_SOAKING)  # fmt: skip
    yield from changes("approval", parts.gate(Approval), {
        "role": ("reviewer", "owner"), "not_author": (False, True), "count": (1, 2),
    }, beside={"role": "reviewer"})  # fmt: skip
    yield from changes("passes", parts.gate(Passes), {"check": (Quality(), Bias(group="carrier"))})
    yield from changes("passes", parts.passes(Performance), {"minimum": (0.6, 0.7)}, beside={"metric": "auc"})
    yield from changes("cost", parts.gate(Cost), {"maximum": (20.0, 10.0), "of": ("run", "month")},
                       beside={"maximum": 20.0})  # fmt: skip
