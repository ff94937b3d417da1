"""Gates: each rule a version must pass, decided from evidence that stays with the decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from modelwright.canonical import timestamp
from modelwright.contract.driver import Measure
from modelwright.ledger.event import Event
from modelwright.lifecycle.evaluation import evaluation_result, sees_held_out_rows
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
    "soak": lambda gate: f"soak {span(gate['duration'])} {_where(gate)}",
    "approval": lambda gate: f"approval by {gate['role']}",
    "cost": lambda gate: f"cost of a {gate['of']} <= {gate['maximum']:g}",
    "passes": lambda gate: f"passes {gate['check']['kind']}",
}


def _where(gate: Mapping[str, Any]) -> str:
    return f"in {gate['environment']}" if gate.get("environment") else f"as {gate['as']}"


def span(seconds: float) -> str:
    """Return a span of time in its largest whole unit, such as `36h`, `2d` or `1.5s`."""
    units = {"d": 86400, "h": 3600, "m": 60}
    unit = next((unit for unit, length in units.items() if seconds and seconds % length == 0), "s")
    return f"{seconds / units.get(unit, 1):g}{unit}"


def decide_gate(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    """Return what a gate says now. `waiting` means: ask again later."""
    return _DECIDERS[gate["kind"]](platform, promotion, gate)


def named_gates(gates: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return gates by the names that the ledger knows them by, in order; equal names are numbered."""
    found: dict[str, Mapping[str, Any]] = {}
    for gate in gates:
        name = base = gate_name(gate)
        number = 1
        while name in found:
            number += 1
            name = f"{base} ({number})"
        found[name] = gate
    return found


def _from_evaluation(platform: LivePlatform, promotion: PromotionState, alias: str | None = None) -> dict[str, Any]:
    """Return the result of the evaluation against an alias, by default of the first; it is over by now."""
    if seen := sees_held_out_rows(platform, promotion.model, promotion.version):
        return {"status": "failed", "error": {"type": "Leak", "message": seen}}
    queued = promotion.evaluations
    chosen = queued.get(alias) if alias is not None else next(iter(queued.values()), None)
    result = evaluation_result(platform, chosen["evaluation"]) if chosen is not None else None
    return result if result is not None else {"status": "failed", "error": {"message": "no evaluation result"}}


def _broken(gate: Mapping[str, Any], result: Mapping[str, Any]) -> GateOutcome | None:
    if result.get("status", "succeeded") == "succeeded" and not result.get("leaks"):
        return None
    error = result.get("error") or {"message": f"rows were trained on: {result.get('leaks')}"}
    return GateOutcome(gate_name(gate), gate["kind"], "failed", {"error": error}, str(error.get("message")))


def _threshold(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    if not platform.record.model(promotion.model).get("evaluation"):
        return _bounded(gate, _logged(platform, promotion, gate["metric"]))
    result = _from_evaluation(platform, promotion)
    if broken := _broken(gate, result):
        return broken
    found = result["metrics"][str(promotion.version)].get(gate["metric"], {})
    return _bounded(gate, {**found, "rows": result["rows"], "blocks": len(result["blocks"])})


def _logged(platform: LivePlatform, promotion: PromotionState, metric: str) -> dict[str, Any]:
    """Return the metric that the version's run logged: all there is where a model declares no evaluation."""
    version = model_state(platform, promotion.model).versions[promotion.version]
    return {"value": version.body.get("metrics", {}).get(metric), "logged_by": version.run}


def _bounded(gate: Mapping[str, Any], evidence: Mapping[str, Any]) -> GateOutcome:
    value = evidence.get("value")
    if value is None:
        text = evidence.get("reason") or f"{gate['metric']} could not be computed"
        return GateOutcome(gate_name(gate), "threshold", "failed", evidence, text)
    passed = value >= gate["value"] if gate["operator"] == ">=" else value <= gate["value"]
    return GateOutcome(gate_name(gate), "threshold", "passed" if passed else "failed", evidence, f"{value:.4f}")


def _beats(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    queued = promotion.evaluations.get(gate["alias"])
    if queued is not None and queued.get("against") is None:
        return GateOutcome(gate_name(gate), "beats", "passed", {"baseline": None}, f"no other {gate['alias']} yet")
    result = _from_evaluation(platform, promotion, gate["alias"])
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
    if gate.get("environment"):
        return _soaked_elsewhere(platform, promotion, gate)
    endpoints = _mirroring(platform, f"{promotion.model}@{gate['as']}")
    live = [(endpoint, state) for endpoint, state in endpoints if state.current is not None]
    if not endpoints:
        text = f"no endpoint serves or mirrors to {promotion.model}@{gate['as']}"
        return GateOutcome(name, "soak", "failed", {}, text)
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
        if document.get("mode") != "batch"
        and (document.get("shadow") == reference or reference in platform.record.serves(name))
    ]


def _soaked(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any], endpoint: str) -> GateOutcome:
    name = gate_name(gate)
    since = mirrored_since(platform.endpoint(endpoint).events(), promotion.version)
    if since is None:
        reason = _unable(platform, endpoint, promotion.version)
        verdict: Verdict = "failed" if reason else "waiting"
        return GateOutcome(name, "soak", verdict, {}, reason or "waiting for traffic")
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


def _unable(platform: LivePlatform, endpoint: str, version: int) -> str:
    """Return why the soaking version cannot serve, or nothing."""
    seen = platform.driver.serving.status(endpoint).deployments
    failed = [
        d for d in seen if d.state == "failed" and d.name.startswith(f"v{version}-") and d.name.endswith("-shadow")
    ]
    return f"{failed[0].name} cannot serve: {failed[0].reason}" if failed else ""


def mirrored_since(events: tuple[Event, ...], version: int) -> tuple[datetime, str] | None:
    """Return since when, without a break, a version receives traffic, mirrored or its own, and as which variant."""
    found: tuple[datetime, str] | None = None
    for event in events:
        if event.kind == "traffic.set":
            receiving = [*event.body["mirror"], *event.body["weights"]]
            variant = next((v for v in receiving if event.body["versions"].get(v) == version), None)
            if variant is None:
                found = None
            elif found is None or found[1] != variant:
                found = (event.at, variant)
    return found


def _soaked_elsewhere(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    """Judge the soak of the same bytes in another environment, by its own ledger and measures."""
    name, digest = gate_name(gate), model_state(platform, promotion.model).versions[promotion.version].digest
    other = platform.elsewhere(gate["environment"])
    same = [v.number for v in model_state(other, promotion.model).versions.values() if v.digest == digest]
    waiting = GateOutcome(name, "soak", "waiting", {}, f"it never served in {gate['environment']}")
    for endpoint in other.record.of_kind("endpoint") if same else ():
        if mirrored_since(other.endpoint(endpoint).events(), same[0]) is not None:
            found = _soaked(other, replace(promotion, version=same[0]), gate, endpoint)
            if found.verdict != "waiting":
                return found
            waiting = found
    return waiting


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
    """Return who queued the run that a promotion's version came from, here or where it was copied from."""
    version = model_state(platform, promotion.model).versions[promotion.version]
    return str(version.body.get("author") or find_run(platform, version.run).actor)


def _cost(platform: LivePlatform, promotion: PromotionState, gate: Mapping[str, Any]) -> GateOutcome:
    evidence = (_cost_of_month if gate["of"] == "month" else _cost_of_run)(platform, promotion)
    verdict: Verdict = "passed" if evidence["cost"] <= gate["maximum"] else "failed"
    return GateOutcome(gate_name(gate), "cost", verdict, evidence, f"{evidence['cost']:.2f}")


def _cost_of_run(platform: LivePlatform, promotion: PromotionState) -> dict[str, float]:
    version = model_state(platform, promotion.model).versions[promotion.version]
    if version.body.get("imported"):
        return {"cost": 0.0, "seconds": 0.0, "hourly_price": 0.0}
    run = find_run(platform, version.run)
    price = platform.record.hourly_price(run.job)
    return {"cost": price * run.seconds / 3600, "seconds": run.seconds, "hourly_price": price}


def _cost_of_month(platform: LivePlatform, promotion: PromotionState) -> dict[str, float]:
    """Return what the endpoints that serve the alias cost in a month of 730 hours, with their fewest instances."""
    reference = f"{promotion.model}@{promotion.alias}"
    names = [name for name in platform.record.of_kind("endpoint") if reference in platform.record.serves(name)]
    price = sum(float(platform.record.outputs.get(name, {}).get("hourly_price", 0.0)) for name in names)
    return {"cost": price * 730.0, "hourly_price": price}


_DECIDERS = {
    "threshold": _threshold,
    "beats": _beats,
    "passes": _passes,
    "soak": _soak,
    "approval": _approval,
    "cost": _cost,
}
