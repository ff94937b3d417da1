"""Gates: each rule a version must pass, decided from evidence that stays with the decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from modelwright.canonical import timestamp
from modelwright.contract.driver import Measure
from modelwright.ledger.event import Event
from modelwright.lifecycle.evaluation import evaluation_result
from modelwright.lifecycle.evidence import errors_exceed
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import model_state
from modelwright.lifecycle.release import EndpointState, fold_endpoint
from modelwright.lifecycle.states import PromotionState
from modelwright.lifecycle.training import find_run

Verdict = Literal["passed", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What a gate says of a version, with its evidence."""

    gate: str
    kind: str
    verdict: Verdict
    evidence: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


def gate_name(gate: Mapping[str, Any]) -> str:
    """Return the name by which the ledger knows a gate."""
    return _NAMES[gate["kind"]](gate)


_NAMES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "threshold": lambda gate: f"{gate['metric']} {gate['operator']} {gate['value']:g}",
    "beats": lambda gate: f"{gate['metric']} beats {gate['alias']} by {gate['by']:g} at {gate['confidence']:.0%}",
    "soak": lambda gate: f"soak {span(gate['duration'])} as {gate['as']}",
    "approval": lambda gate: f"approval by {gate['role']}",
    "cost": lambda gate: f"cost <= {gate['maximum']:g}",
    "passes": lambda gate: f"passes {gate['check']['kind']}",
}


def span(seconds: float) -> str:
    """Return a span of time in its largest whole unit, such as `36h`, `2d` or `1.5s`."""
    units = {"d": 86400, "h": 3600, "m": 60}
    unit = next((unit for unit, length in units.items() if seconds and seconds % length == 0), "s")
    return f"{seconds / units.get(unit, 1):g}{unit}"


def decide_gate(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    """Return what a gate says now. `waiting` means: ask again later."""
    return _DECIDERS[gate["kind"]](platform, promotion, gate)


def _from_evaluation(platform: LivePlatform, promotion: PromotionState) -> dict[str, Any]:
    assert promotion.evaluation is not None, "gates on evaluations are asked after the evaluation"
    result = evaluation_result(platform, promotion.evaluation["evaluation"])
    return result if result is not None else {"status": "failed", "error": {"message": "no evaluation result"}}


def _broken(gate: Mapping[str, Any], result: Mapping[str, Any]) -> GateOutcome | None:
    if result.get("status", "succeeded") == "succeeded" and not result.get("leaks"):
        return None
    error = result.get("error") or {"message": f"rows were trained on: {result.get('leaks')}"}
    return GateOutcome(gate_name(gate), gate["kind"], "failed", {"error": error}, str(error.get("message")))


def _threshold(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    result = _from_evaluation(platform, promotion)
    if broken := _broken(gate, result):
        return broken
    found = result["metrics"][str(promotion.version)].get(gate["metric"], {})
    value = found.get("value")
    if value is None:
        return GateOutcome(gate_name(gate), "threshold", "failed", found, f"{gate['metric']} could not be computed")
    passed = value >= gate["value"] if gate["operator"] == ">=" else value <= gate["value"]
    evidence = {**found, "rows": result["rows"], "blocks": len(result["blocks"])}
    return GateOutcome(gate_name(gate), "threshold", "passed" if passed else "failed", evidence, f"{value:.4f}")


def _beats(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    if promotion.evaluation is not None and promotion.evaluation.get("against") is None:
        return GateOutcome(gate_name(gate), "beats", "passed", {"baseline": None}, f"no {gate['alias']} yet")
    result = _from_evaluation(platform, promotion)
    if broken := _broken(gate, result):
        return broken
    same = [
        c
        for c in result["comparisons"]
        if c["metric"] == gate["metric"] and c["by"] == gate["by"] and c["confidence"] == gate["confidence"]
    ]
    if not same or same[0].get("difference") is None:
        return GateOutcome(gate_name(gate), "beats", "failed", {}, "too few held-out blocks to compare on")
    found = same[0]
    text = f"{found['difference']:+.4f} [{found['interval'][0]:+.4f}, {found['interval'][1]:+.4f}]"
    evidence = {**found, "rows": result["rows"], "blocks": len(result["blocks"])}
    return GateOutcome(gate_name(gate), "beats", "passed" if found["passed"] else "failed", evidence, text)


def _passes(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    result = _from_evaluation(platform, promotion)
    if broken := _broken(gate, result):
        return broken
    found = [check for check in result.get("checks", ()) if check["check"] == gate["check"]]
    bad = [check for check in found if check["status"] != "ok"]
    verdict: Verdict = "passed" if found and not bad else "failed"
    return GateOutcome(gate_name(gate), "passes", verdict, {"checks": found}, f"{len(bad)} of {len(found)} violated")


def _soak(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    name = gate_name(gate)
    endpoints = _mirroring(platform, f"{promotion.model}@{gate['as']}")
    live = [(endpoint, state) for endpoint, state in endpoints if state.current is not None]
    if not endpoints:
        return GateOutcome(name, "soak", "failed", {}, f"no endpoint mirrors to {promotion.model}@{gate['as']}")
    if not live:
        return GateOutcome(name, "soak", "passed", {"live": False}, "nothing serves yet: nothing to mirror")
    for endpoint, _ in live:
        outcome = _soaked(platform, promotion, gate, endpoint)
        if outcome.verdict != "passed":
            return outcome
    return outcome


def _mirroring(platform: LivePlatform, reference: str) -> list[tuple[str, EndpointState]]:
    return [
        (name, fold_endpoint(platform.endpoint(name).events()))
        for name, document in platform.record.of_kind("endpoint").items()
        if document.get("shadow") == reference
    ]


def _soaked(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any], endpoint: str) -> GateOutcome:
    name = gate_name(gate)
    since = mirrored_since(platform.endpoint(endpoint).events(), promotion.version)
    if since is None:
        return GateOutcome(name, "soak", "waiting", {}, "waiting for mirrored traffic")
    started, variant = since
    measure = platform.driver.measures.read(endpoint, started, platform.now()).get(variant, Measure())
    evidence = {"since": timestamp(started), "requests": measure.requests, "errors": measure.errors}
    if errors_exceed(measure, 0.01):
        return GateOutcome(name, "soak", "failed", evidence, f"{measure.errors} of {measure.requests} failed")
    elapsed = (platform.now() - started).total_seconds()
    if elapsed >= gate["duration"] and measure.requests >= max(1, gate["min_requests"]):
        return GateOutcome(name, "soak", "passed", evidence, f"{measure.requests} mirrored requests")
    waiting = f"{span(round(elapsed))}, {measure.requests} mirrored requests so far"
    return GateOutcome(name, "soak", "waiting", evidence, waiting)


def mirrored_since(events: tuple[Event, ...], version: int) -> tuple[datetime, str] | None:
    """Return since when, without a break, a version receives mirrored traffic, and as which variant."""
    found: tuple[datetime, str] | None = None
    for event in events:
        if event.kind == "traffic.set":
            variant = next((v for v in event.body["mirror"] if event.body["versions"].get(v) == version), None)
            if variant is None:
                found = None
            elif found is None or found[1] != variant:
                found = (event.at, variant)
    return found


def _approval(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    given: dict[str, Event] = {}
    for event in platform.approval(promotion.model).events():
        if event.body["version"] != promotion.version or event.body["role"] != gate["role"]:
            continue
        if event.kind == "approval.given":
            given[event.actor.id] = event
        else:
            given.pop(event.actor.id, None)
    if gate.get("not_author"):
        given.pop(author(platform, promotion), None)
    missing = int(gate.get("count", 1)) - len(given)
    if missing > 0:
        more = f"waiting for {missing} more" if given else "waiting for"
        return GateOutcome(gate_name(gate), "approval", "waiting", {}, f"{more} {gate['role']}")
    evidence = [{"by": e.actor.id, "at": timestamp(e.at), "event": e.reference} for e in given.values()]
    names = ", ".join(sorted(given))
    return GateOutcome(gate_name(gate), "approval", "passed", {"approvals": evidence}, f"by {names}")


def author(platform: LivePlatform, promotion: PromotionState) -> str:
    """Return who queued the run that a promotion's version came from."""
    version = model_state(platform, promotion.model).versions[promotion.version]
    return find_run(platform, version.run).actor


def _cost(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    version = model_state(platform, promotion.model).versions[promotion.version]
    run = find_run(platform, version.run)
    price = platform.record.hourly_price(run.job)
    cost = price * run.seconds / 3600
    evidence = {"cost": cost, "seconds": run.seconds, "hourly_price": price}
    return GateOutcome(
        gate_name(gate), "cost", "passed" if cost <= gate["maximum"] else "failed", evidence, f"{cost:.2f}"
    )


_DECIDERS = {
    "threshold": _threshold,
    "beats": _beats,
    "passes": _passes,
    "soak": _soak,
    "approval": _approval,
    "cost": _cost,
}
