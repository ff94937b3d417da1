"""Promotion: a version on its way to an alias, through the gates of the environment.

Alias moves are compare-and-set; a promotion whose alias was moved by somebody else in the meantime fails and says who.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.errors import RaceLostError, TransitionError
from modelwright.ledger.event import Draft, Event
from modelwright.lifecycle.evaluation import EVALUATION_GATES, evaluation_result, start_evaluation
from modelwright.lifecycle.gates import GateOutcome, decide_gate, gate_name
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.registration import model_state
from modelwright.lifecycle.states import ModelState, PromotionState, VersionState, fold_model


def request_promotion(
    platform: LivePlatform,
    version: VersionState,
    *,
    alias: str = "champion",
    override: str | None = None,
    reason: str = "",
    cause: tuple[str, ...] = (),
) -> PromotionState:
    """Open a promotion, or return the open one of the same version.

    Raises `RaceLostError` while another version is on its way.
    """

    def decide(events: tuple[Event, ...]) -> Draft | None:
        state = fold_model(events)
        open_one = state.open_promotion
        if open_one is not None:
            _same_or_lost(open_one, version, alias)
            return None
        _promotable(state, version)
        body = {
            "promotion": f"{version.model}-p{len(state.promotions) + 1}",
            "version": version.number,
            "alias": alias,
            "expected": state.aliases.get(alias),
            "override": override,
        }
        return Draft("promotion.requested", body, key=f"{body['promotion']}/requested", reason=reason, cause=cause)

    platform.model(version.model).decide(decide)
    promotion = model_state(platform, version.model).open_promotion
    if promotion is None:
        raise TransitionError(f"the promotion of {version.model}:{version.number} ended before it could be read")
    return promotion


def _same_or_lost(open_one: PromotionState, version: VersionState, alias: str) -> None:
    if open_one.version != version.number or open_one.alias != alias:
        raise RaceLostError(
            f"{open_one.model}:{open_one.version} is being promoted to {open_one.alias} "
            f"(by {open_one.actor}, since {open_one.requested:%Y-%m-%d %H:%M:%S}Z)",
            remedy="wait for it to end, or stop it with `modelwright model reject`",
        )


def _promotable(state: ModelState, version: VersionState) -> None:
    current = state.versions[version.number].state
    if current not in {"verified", "approved"}:
        raise TransitionError(f"{version.model}:{version.number} is {current}: it cannot be promoted")


def advance_promotion(platform: LivePlatform, model: str) -> Step | None:
    """Move the open promotion of a model at most one step."""
    state = model_state(platform, model)
    promotion = state.open_promotion
    if promotion is None:
        return None
    gates = platform.record.model(model).get("gates", {}).get(platform.record.environment, [])
    if promotion.override is not None:
        return _override(platform, promotion, gates)
    if promotion.evaluation is None and any(gate["kind"] in EVALUATION_GATES for gate in gates):
        return _evaluate(platform, state, promotion)
    waiting = _await_evaluation(platform, promotion)
    return waiting or _next_gate(platform, state, promotion, gates)


def _evaluate(platform: LivePlatform, state: ModelState, promotion: PromotionState) -> Step:
    against = state.aliases.get(promotion.alias)
    baseline = against if against != promotion.version else None
    body = {
        "promotion": promotion.id,
        "evaluation": f"eval-{promotion.id}",
        "version": promotion.version,
        "against": baseline,
    }
    _start_evaluation(platform, state, promotion, body)
    platform.model(promotion.model).append("evaluation.queued", body, key=f"{promotion.id}/evaluation")
    text = f"evaluating version {promotion.version}" + (f" against version {baseline}" if baseline else "")
    return Step(f"model/{promotion.model}", text, busy=True, moved=True)


def _start_evaluation(
    platform: LivePlatform, state: ModelState, promotion: PromotionState, body: Mapping[str, Any]
) -> None:
    numbers = [number for number in (promotion.version, body["against"]) if number is not None]
    start_evaluation(platform, promotion.model, body["evaluation"], [state.versions[n] for n in numbers])


def _await_evaluation(platform: LivePlatform, promotion: PromotionState) -> Step | None:
    if promotion.evaluation is None:
        return None
    job = platform.driver.jobs.status(promotion.evaluation["evaluation"])
    if job.state in {"queued", "running"}:
        return Step(f"model/{promotion.model}", f"evaluation of version {promotion.version} is {job.state}", busy=True)
    if evaluation_result(platform, promotion.evaluation["evaluation"]) is None:
        reason = f"evaluation {promotion.evaluation['evaluation']} {job.state}: {job.reason or 'no result'}"
        _fail(platform, promotion, reason, reject=False)
        return Step(f"model/{promotion.model}", reason, moved=True, failed=True)
    return None


def _next_gate(
    platform: LivePlatform, state: ModelState, promotion: PromotionState, gates: list[Mapping[str, Any]]
) -> Step:
    for gate in gates:
        if gate_name(gate) in promotion.gates:
            continue
        if gate["kind"] == "soak":
            _point_alias(platform, state, promotion, gate["as"])
        outcome = decide_gate(platform, promotion, gate)
        if outcome.verdict == "waiting":
            return Step(f"model/{promotion.model}", f"{outcome.gate}: {outcome.text}")
        return _record(platform, promotion, outcome)
    return _finish(platform, state, promotion, [gate["as"] for gate in gates if gate["kind"] == "soak"])


def _record(platform: LivePlatform, promotion: PromotionState, outcome: GateOutcome) -> Step:
    stream = platform.model(promotion.model)
    passed = outcome.verdict == "passed"
    body = {
        "promotion": promotion.id,
        "version": promotion.version,
        "environment": platform.record.environment,
        "gate": outcome.gate,
        "kind": outcome.kind,
        "passed": passed,
        "evidence": dict(outcome.evidence),
        "text": outcome.text,
    }
    stream.append("gate.evaluated", body, key=f"{promotion.id}/gate/{outcome.gate}")
    text = f"version {promotion.version} {'passed' if passed else 'failed'} {outcome.gate}: {outcome.text}"
    if not passed:
        _fail(platform, promotion, f"{outcome.gate}: {outcome.text}", reject=True)
    return Step(f"model/{promotion.model}", text, busy=True, moved=True, failed=not passed)


def _fail(platform: LivePlatform, promotion: PromotionState, reason: str, *, reject: bool) -> None:
    stream = platform.model(promotion.model)
    body = {"promotion": promotion.id, "version": promotion.version, "alias": promotion.alias}
    stream.append("promotion.failed", body, key=f"{promotion.id}/end", reason=reason)
    state = model_state(platform, promotion.model)
    _clear_aliases(platform, state, promotion)
    if reject and state.versions[promotion.version].state == "verified":
        key = f"{promotion.id}/rejected"
        stream.append("version.rejected", {"version": promotion.version}, key=key, reason=reason)


def _clear_aliases(platform: LivePlatform, state: ModelState, promotion: PromotionState) -> None:
    for name, number in state.aliases.items():
        if number == promotion.version and name != promotion.alias:
            body = {"name": name, "version": None, "expected": number}
            platform.model(promotion.model).append("alias.set", body, key=f"{promotion.id}/clear/{name}")


def _point_alias(platform: LivePlatform, state: ModelState, promotion: PromotionState, alias: str) -> None:
    if state.aliases.get(alias) == promotion.version:
        return
    body = {"name": alias, "version": promotion.version, "expected": state.aliases.get(alias)}
    platform.model(promotion.model).append("alias.set", body, key=f"{promotion.id}/{alias}")


def _override(platform: LivePlatform, promotion: PromotionState, gates: list[Mapping[str, Any]]) -> Step:
    body = {
        "promotion": promotion.id,
        "version": promotion.version,
        "gates": [gate_name(gate) for gate in gates],
        "gate": "override",
        "passed": True,
        "text": promotion.override,
    }
    platform.model(promotion.model).append(
        "gate.overridden", body, key=f"{promotion.id}/override", reason=promotion.override or ""
    )
    return _finish(platform, model_state(platform, promotion.model), promotion, [])


def _finish(platform: LivePlatform, state: ModelState, promotion: PromotionState, soaked: list[str]) -> Step:
    stream = platform.model(promotion.model)
    name = f"model/{promotion.model}"
    if state.versions[promotion.version].state == "verified":
        stream.append("version.approved", {"version": promotion.version}, key=f"{promotion.id}/approved")
    lost = _move_alias(platform, promotion)
    if lost:
        _fail(platform, promotion, lost, reject=False)
        return Step(name, lost, moved=True, failed=True)
    for alias in soaked:
        body = {"name": alias, "version": None, "expected": promotion.version}
        if model_state(platform, promotion.model).aliases.get(alias) == promotion.version:
            stream.append("alias.set", body, key=f"{promotion.id}/clear/{alias}")
    body = {"promotion": promotion.id, "version": promotion.version, "alias": promotion.alias}
    stream.append("promotion.finished", body, key=f"{promotion.id}/end")
    return Step(name, f"version {promotion.version} is now {promotion.alias}", busy=True, moved=True)


def _move_alias(platform: LivePlatform, promotion: PromotionState) -> str:
    """Set the alias; return why it could not be set, or nothing."""
    stream = platform.model(promotion.model)
    requested = stream.events()[promotion.seq - 1]
    expected = requested.body["expected"]
    lost = ""

    def decide(events: tuple[Event, ...]) -> Draft | None:
        nonlocal lost
        current = fold_model(events).aliases.get(promotion.alias)
        if current == promotion.version:
            return None
        if current != expected:
            moved = [e for e in events if e.kind == "alias.set" and e.body["name"] == promotion.alias][-1]
            lost = f"{promotion.alias} was moved to version {current} by {moved.actor.id} at {moved.at:%Y-%m-%d %H:%M}Z"
            return None
        body = {"name": promotion.alias, "version": promotion.version, "expected": expected}
        return Draft("alias.set", body, key=f"{promotion.id}/alias", reason=promotion.reason)

    stream.decide(decide)
    return lost


def stop_promotion(platform: LivePlatform, model: str, reason: str) -> PromotionState | None:
    """End the open promotion of a model without rejecting its version; return it, or None."""
    promotion = model_state(platform, model).open_promotion
    if promotion is not None:
        _fail(platform, promotion, reason, reject=False)
    return promotion
