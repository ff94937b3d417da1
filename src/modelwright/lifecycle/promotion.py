"""Promotion: a version on its way to an alias, through the gates of the environment.

Alias moves are compare-and-set; a promotion whose alias was moved by somebody else in the meantime fails and says who.
What ends a promotion is appended last, so that whoever is killed on the way leaves one that the next tick ends.
"""

from __future__ import annotations

from modelwright.canonical import timestamp
from modelwright.errors import RaceLostError, TransitionError
from modelwright.ledger.event import Draft, Event
from modelwright.lifecycle.aliases import refuse_misspelt
from modelwright.lifecycle.appending import append_model
from modelwright.lifecycle.evaluation import baselines, evaluation_result, start_evaluation
from modelwright.lifecycle.gates import GateOutcome, decide_gate, named_gates
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
    """Open a promotion, or return the open one of the same version; `override` ends its waiting for gates.

    Raises `RaceLostError` while another version is on its way, `TransitionError` for a version that was refused, and
    `UsageError` for an alias that looks like a misspelt one.
    """
    refuse_misspelt(platform, version.model, alias)
    found: str = ""

    def decide(events: tuple[Event, ...]) -> Draft | None:
        nonlocal found
        state = fold_model(events)
        open_one = state.open_promotion
        if open_one is not None:
            _same_or_lost(open_one, version, alias)
            found = open_one.id
            return None
        _promotable(state, version)
        found = f"{version.model}-p{len(state.promotions) + 1}"
        body = {
            "promotion": found,
            "version": version.number,
            "alias": alias,
            "expected": state.aliases.get(alias),
            "override": override,
        }
        return Draft("promotion.requested", body, f"{found}/requested/{platform.owner}", reason, cause)

    platform.model(version.model).decide(decide)
    promotion = model_state(platform, version.model).promotions[found]
    if override is not None and promotion.override is None and promotion.state == "open":
        _note_override(platform, promotion, override)
    return model_state(platform, version.model).promotions[found]


def _same_or_lost(open_one: PromotionState, version: VersionState, alias: str) -> None:
    if open_one.version == version.number and open_one.alias == alias:
        return
    raise RaceLostError(
        f"{open_one.model}:{open_one.version} is being promoted to {open_one.alias} "
        f"(by {open_one.actor}, since {timestamp(open_one.requested)})",
        remedy=f"wait for it to end, or stop it with `modelwright model reject {open_one.model}:{open_one.version}`",
    )


def _promotable(state: ModelState, version: VersionState) -> None:
    current = state.versions[version.number].state
    if current not in {"verified", "approved"}:
        remedy = f"modelwright model register {version.run}" if current == "registered" else ""
        raise TransitionError(f"{version.model}:{version.number} is {current}: it cannot be promoted", remedy=remedy)


def advance_promotion(platform: LivePlatform, model: str) -> Step | None:
    """Move the open promotion of a model at most one step."""
    state = model_state(platform, model)
    promotion = state.open_promotion
    if promotion is None:
        return None
    if state.versions[promotion.version].state == "rejected":
        return _refuse(platform, promotion, "rejected")
    if promotion.override is not None:
        _note_override(platform, promotion, promotion.override)
        return _finish(platform, promotion)
    refused = next((gate for gate in promotion.gates.values() if not gate["passed"]), None)
    if refused is not None:
        return _refuse(platform, promotion, f"{refused['gate']}: {refused['text']}")
    return _evaluated(platform, state, promotion) or _next_gate(platform, state, promotion)


def _evaluated(platform: LivePlatform, state: ModelState, promotion: PromotionState) -> Step | None:
    """Start and await what the gates are decided on, one evaluation after the other."""
    for alias in baselines(platform.record, promotion.model):
        if alias not in promotion.evaluations:
            return _evaluate(platform, state, promotion, alias)
        step = _await_evaluation(platform, promotion, promotion.evaluations[alias]["evaluation"])
        if step is not None:
            return step
    return None


def _evaluate(platform: LivePlatform, state: ModelState, promotion: PromotionState, alias: str) -> Step:
    against = state.aliases.get(alias)
    baseline = against if against != promotion.version else None
    evaluation = f"eval-{promotion.id}" + (f"-{alias}" if promotion.evaluations else "")
    body = {
        "promotion": promotion.id,
        "evaluation": evaluation,
        "version": promotion.version,
        "baseline": alias,
        "against": baseline,
    }
    numbers = [number for number in (promotion.version, baseline) if number is not None]
    start_evaluation(platform, promotion.model, evaluation, [state.versions[n] for n in numbers])
    append_model(platform, promotion.model, "evaluation.queued", body, key=f"{promotion.id}/{evaluation}")
    text = f"evaluating version {promotion.version}" + (f" against version {baseline}" if baseline else "")
    return Step(f"model/{promotion.model}", text, busy=True, moved=True)


def _await_evaluation(platform: LivePlatform, promotion: PromotionState, evaluation: str) -> Step | None:
    if evaluation_result(platform, evaluation) is not None:
        return None
    job = platform.driver.jobs.status(evaluation)
    if job.state in {"queued", "running"}:
        return Step(f"model/{promotion.model}", f"evaluation of version {promotion.version} is {job.state}", busy=True)
    if evaluation_result(platform, evaluation) is not None:  # written between the two looks
        return None
    reason = f"evaluation {evaluation} {job.state}: {job.reason or 'no result'}"
    _fail(platform, promotion, reason)
    return Step(f"model/{promotion.model}", reason, moved=True, failed=True)


def _next_gate(platform: LivePlatform, state: ModelState, promotion: PromotionState) -> Step:
    for name, gate in named_gates(platform.record.gates(promotion.model)).items():
        if name in promotion.gates:
            continue
        if gate["kind"] == "soak" and not gate.get("environment"):
            _point_alias(platform, state, promotion, gate["as"])
        outcome = decide_gate(platform, promotion, gate)
        if outcome.verdict == "waiting":
            return Step(f"model/{promotion.model}", f"{name}: {outcome.text}")
        return _record(platform, promotion, name, outcome)
    return _finish(platform, promotion)


def _record(platform: LivePlatform, promotion: PromotionState, gate: str, outcome: GateOutcome) -> Step:
    passed = outcome.verdict == "passed"
    body = {
        "promotion": promotion.id,
        "version": promotion.version,
        "environment": platform.record.environment,
        "gate": gate,
        "kind": outcome.kind,
        "passed": passed,
        "evidence": dict(outcome.evidence),
        "text": outcome.text,
    }
    append_model(platform, promotion.model, "gate.evaluated", body, key=f"{promotion.id}/gate/{gate}")
    if not passed:
        return _refuse(platform, promotion, f"{gate}: {outcome.text}")
    text = f"version {promotion.version} passed {gate}: {outcome.text}"
    return Step(f"model/{promotion.model}", text, busy=True, moved=True)


def _refuse(platform: LivePlatform, promotion: PromotionState, reason: str) -> Step:
    """End a promotion at a gate: a version that never served is rejected."""
    if model_state(platform, promotion.model).versions[promotion.version].state == "verified":
        body, key = {"version": promotion.version}, f"{promotion.id}/rejected"
        append_model(platform, promotion.model, "version.rejected", body, key=key, reason=reason)
    _fail(platform, promotion, reason)
    text = f"version {promotion.version} did not pass {reason}"
    return Step(f"model/{promotion.model}", text, busy=True, moved=True, failed=True)


def _fail(platform: LivePlatform, promotion: PromotionState, reason: str) -> None:
    _clear_aliases(platform, promotion)
    body = {"promotion": promotion.id, "version": promotion.version, "alias": promotion.alias}
    append_model(platform, promotion.model, "promotion.failed", body, key=f"{promotion.id}/end", reason=reason)


def _clear_aliases(platform: LivePlatform, promotion: PromotionState) -> None:
    """Take from the version the aliases that it soaked under."""
    soaked = {gate["as"] for gate in platform.record.gates(promotion.model) if gate["kind"] == "soak"}
    for name in soaked - {promotion.alias}:
        key = f"{promotion.id}/clear/{name}"
        set_alias(platform, promotion.model, name, None, expected=promotion.version, key=key)


def _point_alias(platform: LivePlatform, state: ModelState, promotion: PromotionState, alias: str) -> None:
    held = state.aliases.get(alias)
    if held != promotion.version:
        key = f"{promotion.id}/{alias}/{held or 0}"
        set_alias(platform, promotion.model, alias, promotion.version, expected=held, key=key)


def set_alias(
    platform: LivePlatform, model: str, alias: str, version: int | None, *, expected: int | None, key: str,
    reason: str = "",
) -> bool:  # fmt: skip
    """Move an alias (None takes it away) if it is where it is expected; return whether it was."""
    body = {"name": alias, "version": version, "expected": expected}
    return append_model(platform, model, "alias.set", body, key=key, reason=reason) is not None


def _note_override(platform: LivePlatform, promotion: PromotionState, reason: str) -> None:
    gates = named_gates(platform.record.gates(promotion.model))
    body = {
        "promotion": promotion.id,
        "version": promotion.version,
        "gates": [name for name in gates if name not in promotion.gates],
        "gate": "override",
        "passed": True,
        "text": reason,
    }
    append_model(platform, promotion.model, "gate.overridden", body, key=f"{promotion.id}/override", reason=reason)


def _finish(platform: LivePlatform, promotion: PromotionState) -> Step:
    name, version = f"model/{promotion.model}", {"version": promotion.version}
    if model_state(platform, promotion.model).versions[promotion.version].state == "verified":
        append_model(platform, promotion.model, "version.approved", version, key=f"{promotion.id}/approved")
    lost = _move_alias(platform, promotion)
    if lost:
        _fail(platform, promotion, lost)
        return Step(name, lost, moved=True, failed=True)
    _clear_aliases(platform, promotion)
    body = {"promotion": promotion.id, **version, "alias": promotion.alias}
    append_model(platform, promotion.model, "promotion.finished", body, key=f"{promotion.id}/end")
    return Step(name, f"version {promotion.version} is now {promotion.alias}", busy=True, moved=True)


def _move_alias(platform: LivePlatform, promotion: PromotionState) -> str:
    """Set the alias; return why it could not be set, or nothing.

    It is set again where it stands there already: a version whose release failed is promoted anew.
    """
    stream = platform.model(promotion.model)
    expected = stream.events()[promotion.seq - 1].body["expected"]
    lost, key = "", f"{promotion.id}/alias"

    def decide(events: tuple[Event, ...]) -> Draft | None:
        nonlocal lost
        current = fold_model(events).aliases.get(promotion.alias)
        if any(event.key == key for event in events):
            return None
        if current not in {expected, promotion.version}:
            moved = [e for e in events if e.kind == "alias.set" and e.body["name"] == promotion.alias][-1]
            lost = f"{promotion.alias} was moved to version {current} by {moved.actor.id} at {timestamp(moved.at)}"
            return None
        body = {"name": promotion.alias, "version": promotion.version, "expected": current}
        return Draft("alias.set", body, key=key, reason=promotion.reason)

    stream.decide(decide)
    return lost


def reject(platform: LivePlatform, version: VersionState, reason: str) -> None:
    """Stop a version's promotion and refuse it for good; no error when it was refused before.

    Raises `TransitionError` for one that an alias names, because it serves, and for one that cannot be refused.
    """
    name, state = f"{version.model}:{version.number}", model_state(platform, version.model)
    soaking = {gate["as"] for gate in platform.record.gates(version.model) if gate["kind"] == "soak"}
    held = sorted({a for a, number in state.aliases.items() if number == version.number} - soaking)
    if held:
        raise TransitionError(f"{name} is {held[0]}", remedy="promote another version or roll back first")
    body, key = {"version": version.number}, f"version/{version.number}/rejected"
    append_model(platform, version.model, "version.rejected", body, key=key, reason=reason)
    open_one = model_state(platform, version.model).open_promotion
    if open_one is not None and open_one.version == version.number:
        _fail(platform, open_one, f"rejected: {reason}")
    current = model_state(platform, version.model).versions[version.number].state
    if current != "rejected":
        raise TransitionError(f"{name} is {current}: it cannot be rejected")
