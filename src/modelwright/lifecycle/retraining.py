"""Retraining: decided from counted windows, cooldown, budget and whether there is anything new to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from modelwright.canonical import timestamp
from modelwright.errors import IntegrityError, RaceLostError
from modelwright.ledger.event import Event
from modelwright.lifecycle.appending import append_training
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.promotion import request_promotion
from modelwright.lifecycle.registration import model_state, register
from modelwright.lifecycle.release import fold_endpoint
from modelwright.lifecycle.states import RunState, TrainingState
from modelwright.lifecycle.training import data_digest, queue_run, training_state
from modelwright.workload.monitor.state import Result, latest_results, matches

_REFUSED = "retrain.refused"
"""The event that says why a retrained model was not registered."""
_NOT_YET_ASKED = frozenset({"registered", "verified"})
"""States of a version whose promotion whoever registered it may have been killed before asking for."""


def decide_retraining(platform: LivePlatform, monitor: str) -> str:
    """Decide whether the newest counted window calls for retraining; return what was decided, or nothing.

    One decision per window: the event's key is the window's.
    """
    document = platform.record.resource("monitor", monitor)
    rule = document.get("retrain")
    if not rule or not rule["on"]:
        return ""
    reached = _reached(platform, document, rule)
    if not reached or _pending(platform, rule["job"], document["endpoint"]):
        return ""
    window = max(result.window for results in reached.values() for result in results)
    checks = {
        check: [{"window": timestamp(r.window[0]), "status": r.status, "value": r.value} for r in results]
        for check, results in reached.items()
    }
    key = f"retrain/{monitor}/{timestamp(window[0])}"
    if any(event.key == key for event in training_state(platform, rule["job"]).decisions):
        return ""
    return _append(platform, monitor, rule, key, checks)


def _reached(platform: LivePlatform, document: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, list[Result]]:
    """Return, by check, the counted windows of those checks that reached k of n for one version."""
    state = fold_endpoint(platform.endpoint(document["endpoint"]).events())
    current = state.current
    if current is None or current.live_at is None:
        return {}
    versions, since = set(current.versions.values()), current.live_at
    counted: dict[tuple[str, int], list[Result]] = {}
    for result in latest_results(platform.store, document["name"]):
        if result.version in versions and not result.shadow and result.window[1] > since:
            counted.setdefault((result.check_id, result.version), []).append(result)
    k, n = rule["when"]
    found = {}
    for (check, _), results in counted.items():
        told = [r for r in results if r.status in {"ok", "violated"}][-n:]
        if any(matches(results[0], name) for name in rule["on"]) and sum(r.status == "violated" for r in told) >= k:
            found[check] = told
    return found


def _pending(platform: LivePlatform, job: str, endpoint: str) -> bool:
    """Return whether something is on its way that may change what the windows said."""
    if fold_endpoint(platform.endpoint(endpoint).events()).moving is not None:
        return True
    state = training_state(platform, job)
    model = platform.record.model_of(job)
    promoting = model is not None and model_state(platform, model).open_promotion is not None
    return bool(state.open) or promoting or _unregistered(platform, job) is not None


def _append(platform: LivePlatform, monitor: str, rule: Mapping[str, Any], key: str, checks: Mapping[str, Any]) -> str:
    job = rule["job"]
    state = training_state(platform, job)
    evidence = {
        "cooldown": _cooldown(platform, state, rule),
        "budget": _budget(platform, state, job, rule),
        "data": _data(platform, state, job),
    }
    refused = [part for part, found in evidence.items() if not found["ok"]]
    body = {"monitor": monitor, "checks": dict(checks), **evidence}
    kind = "retrain.declined" if refused else "retrain.decided"
    reason = (
        "; ".join(str(evidence[part]["text"]) for part in refused)
        or f"{', '.join(checks)} violated {rule['when'][0]} of {rule['when'][1]}"
    )
    event = platform.training(job).append(kind, body, key=key, reason=reason)
    if event.kind == "retrain.decided":
        return _start(platform, job, event)
    return f"retraining declined: {reason}"


def _start(platform: LivePlatform, job: str, event: Event) -> str:
    run = queue_run(platform, job, origin="retrain", key=_run_key(event), cause=(event.reference,))
    return f"retraining decided ({event.reason}): run {run}"


def _run_key(event: Event) -> str:
    return f"{event.key}/run"


def _unstarted(platform: LivePlatform, job: str) -> Event | None:
    """Return the decision to retrain whose run was never queued, because whoever decided was killed."""
    events = platform.training(job).events()
    keys = {event.key for event in events}
    return next((e for e in events if e.kind == "retrain.decided" and _run_key(e) not in keys), None)


def _cooldown(platform: LivePlatform, state: TrainingState, rule: Mapping[str, Any]) -> dict[str, Any]:
    decided = [event.at for event in state.decisions if event.kind == "retrain.decided"]
    until = max(decided) + timedelta(seconds=rule.get("cooldown") or 0.0) if decided else None
    ok = until is None or platform.now() >= until
    return {
        "ok": ok,
        "until": timestamp(until) if until else None,
        "text": f"cooling down until {until}" if until else "",
    }


def _budget(platform: LivePlatform, state: TrainingState, job: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    now = platform.now()
    price = platform.record.hourly_price(job)
    month = [r for r in state.runs.values() if (r.queued.year, r.queued.month) == (now.year, now.month)]
    spent = price * sum(run.seconds for run in month) / 3600
    limit = rule.get("monthly_budget")
    ok = limit is None or spent < limit or price == 0
    return {"ok": ok, "spent": spent, "limit": limit, "text": f"{spent:.2f} of {limit} spent this month"}


def _data(platform: LivePlatform, state: TrainingState, job: str) -> dict[str, Any]:
    now = data_digest(platform, job)
    last = next((run.data for run in reversed(tuple(state.runs.values())) if run.state == "succeeded"), None)
    return {"ok": now != last, "digest": now, "last": last, "text": "no new data since the last run"}


def _unregistered(platform: LivePlatform, job: str) -> RunState | None:
    """Return the succeeded retraining run whose version is not yet registered and on its way."""
    model = platform.record.model_of(job)
    if model is None:
        return None
    state = model_state(platform, model)
    promoted = {promotion.version for promotion in state.promotions.values()}
    known = {version.run: version for version in state.versions.values()}
    digests = {version.digest: version for version in state.versions.values()}
    training = training_state(platform, job)
    refused = {event.body["run"] for event in training.decisions if event.kind == _REFUSED}
    for run in training.runs.values():
        if run.origin != "retrain" or run.state != "succeeded" or run.model is None or run.run in refused:
            continue
        version = known.get(run.run) or digests.get(run.model)
        if version is None or (version.number not in promoted and version.state in _NOT_YET_ASKED):
            return run
    return None


def _refuse(platform: LivePlatform, job: str, run: RunState, error: IntegrityError) -> Step:
    """Note once that a run's files are not what it wrote: it is not tried again, and later decisions go on."""
    body = {"run": run.run, "model": run.model, "error": {"type": type(error).__name__, "message": error.message}}
    reason = f"run {run.run} cannot be registered: {error.message}"
    append_training(platform, job, _REFUSED, body, key=f"retrain/{run.run}/refused", reason=reason)
    return Step(f"training/{job}", reason, moved=True, failed=True)


def advance_retrained(platform: LivePlatform, job: str) -> Step | None:
    """Queue the run that was decided on; register a retrained model and send it on its way through the gates."""
    decided = _unstarted(platform, job)
    if decided is not None:
        return Step(f"training/{job}", _start(platform, job, decided), busy=True, moved=True)
    run = _unregistered(platform, job)
    if run is None:
        return None
    try:
        version = register(platform, run.run)
    except IntegrityError as error:
        return _refuse(platform, job, run, error)
    try:
        promotion = request_promotion(platform, version, reason=f"retrained by {run.run}")
    except RaceLostError as error:
        return Step(f"training/{job}", f"version {version.number} waits: {error.message}")
    text = f"run {run.run} is version {version.number}; promotion {promotion.id} to {promotion.alias}"
    return Step(f"training/{job}", text, busy=True, moved=True)
