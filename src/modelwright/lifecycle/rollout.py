"""How one release replaces another: deploy, step by step more traffic, bake, and back at the first clear sign of harm.

What the ledger says is the truth and reality is made to match it at every tick: a stale writer's effect lasts one tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from modelwright.canonical import timestamp
from modelwright.contract.driver import Deployment, Measure, ServingStatus
from modelwright.errors import ModelwrightError, TransientError
from modelwright.lifecycle.appending import append_endpoint
from modelwright.lifecycle.conditions import broken_condition
from modelwright.lifecycle.planning import ensure_variants, variant_request
from modelwright.lifecycle.platform import LivePlatform, Step, is_gone
from modelwright.lifecycle.promotion import set_alias
from modelwright.lifecycle.registration import model_state
from modelwright.lifecycle.release import EndpointState, ReleaseState, fold_endpoint

CLAIM_SECONDS = 60.0
"""How long whoever began to start a release's servers has before another process does it instead."""
READY_SECONDS = 180.0
"""How long a release's servers may take to be ready, whoever started them."""


def rollout_steps(release: ReleaseState) -> list[str]:
    """Return the names of a release's steps, in order."""
    canary = release.rollout.get("steps", []) if release.replaces is not None else []
    return ["deploy", *(f"traffic-{share}" for share in canary), "traffic-100"]


def next_step(release: ReleaseState) -> str | None:
    """Return the first step that is not done."""
    return next((step for step in rollout_steps(release) if step not in release.done), None)


def advance_release(platform: LivePlatform, endpoint: str, state: EndpointState, status: ServingStatus) -> Step:
    """Move the release under way at most one step."""
    release = state.moving
    assert release is not None, "called only while a release is under way"
    if release.state == "rolling_back":
        return finish_abort(platform, endpoint, state, release)
    if release.state == "paused":
        return Step(f"endpoint/{endpoint}", f"release {release.number} is paused")
    step = next_step(release)
    if step is None:
        return go_live(platform, endpoint, release)
    if release.step != step or release.step_state != "started" or _abandoned(platform, release, status):
        return _claim(platform, endpoint, release, step)
    return _perform(platform, endpoint, state, release, status)


def _perform(
    platform: LivePlatform, endpoint: str, state: EndpointState, release: ReleaseState, status: ServingStatus
) -> Step:
    if release.step != "deploy":
        return _shift(platform, endpoint, state, release, int(release.step.removeprefix("traffic-")))
    if release.claim["owner"] != platform.owner and not _deployed(release, status):
        text = f"release {release.number}: another process is starting it"
        return Step(f"endpoint/{endpoint}", text, busy=True)
    return _deploy(platform, endpoint, release, status)


def _abandoned(platform: LivePlatform, release: ReleaseState, status: ServingStatus) -> bool:
    """Return whether the process that was to start the servers is gone or late; any process does the rest."""
    owner = release.claim["owner"]
    if owner == platform.owner or _deployed(release, status):
        return False
    return platform.wall() > release.claim["deadline"] or is_gone(owner)


def _deployed(release: ReleaseState, status: ServingStatus) -> bool:
    return {d.name for d in status.deployments} >= set(release.versions)


def _claim(platform: LivePlatform, endpoint: str, release: ReleaseState, step: str) -> Step:
    again = release.step == step and release.step_state == "started"
    attempt, now = int(release.claim["attempt"]) + 1 if again else 1, platform.wall()
    body = {
        "release": release.number,
        "step": step,
        "attempt": attempt,
        "owner": platform.owner,
        "since": release.claim["since"] if again else now,
        "deadline": now + CLAIM_SECONDS,
    }
    append_endpoint(platform, endpoint, "step.started", body, key=f"release/{release.number}/{step}/{attempt}")
    return Step(f"endpoint/{endpoint}", f"release {release.number}: {step}", busy=True, moved=True)


def _done(platform: LivePlatform, endpoint: str, release: ReleaseState, step: str, evidence: Mapping[str, Any]) -> None:
    body = {"release": release.number, "step": step, "evidence": dict(evidence)}
    append_endpoint(platform, endpoint, "step.done", body, key=f"release/{release.number}/{step}/done")


def _deploy(platform: LivePlatform, endpoint: str, release: ReleaseState, status: ServingStatus) -> Step:
    stream = f"endpoint/{endpoint}"
    seen = {deployment.name: deployment for deployment in status.deployments}
    for variant in release.versions:
        if variant not in seen or seen[variant].state == "gone":
            return _start(platform, endpoint, release, variant)
        if seen[variant].state == "failed":
            return give_up(platform, endpoint, release, seen[variant])
    if all(seen[variant].state == "ready" for variant in release.versions):
        _done(platform, endpoint, release, "deploy", {})
        return Step(stream, f"release {release.number}: {', '.join(release.versions)} ready", busy=True, moved=True)
    if platform.wall() > float(release.claim["since"]) + READY_SECONDS:
        return abort(platform, endpoint, release, f"not ready within {READY_SECONDS:g} s", {})
    return Step(stream, f"release {release.number}: waiting for {', '.join(release.versions)} to be ready", busy=True)


def _start(platform: LivePlatform, endpoint: str, release: ReleaseState, variant: str) -> Step:
    try:
        ensure_variants(platform, endpoint, release)
        platform.driver.serving.deploy(endpoint, variant, variant_request(platform, endpoint, variant))
    except TransientError:
        raise
    except ModelwrightError as error:
        return abort(platform, endpoint, release, f"{variant} cannot be started: {error.message}", {"variant": variant})
    return Step(f"endpoint/{endpoint}", f"release {release.number}: starting {variant}", busy=True, moved=True)


def give_up(platform: LivePlatform, endpoint: str, release: ReleaseState, failed: Deployment) -> Step:
    """Send a release back because one of its servers cannot serve."""
    reason = f"{failed.name} cannot serve: {failed.reason}"
    return abort(platform, endpoint, release, reason, {"variant": failed.name})


def _shift(platform: LivePlatform, endpoint: str, state: EndpointState, release: ReleaseState, share: int) -> Step:
    traffic = state.traffic
    weights = blend(state, release, share)
    if traffic is None or traffic.release != release.number or dict(traffic.weights) != weights:
        set_traffic(
            platform, endpoint, state, release.number, weights, {}, key=f"release/{release.number}/traffic-{share}"
        )
        return Step(
            f"endpoint/{endpoint}", f"release {release.number}: {share} % of the traffic", busy=True, moved=True
        )
    if share == 100:  # noqa: PLR2004  all traffic: there is nothing left to compare with
        _done(platform, endpoint, release, "traffic-100", {})
        return Step(f"endpoint/{endpoint}", f"release {release.number}: all traffic", busy=True, moved=True)
    return _bake(platform, endpoint, state, release, share)


def _bake(platform: LivePlatform, endpoint: str, state: EndpointState, release: ReleaseState, share: int) -> Step:
    assert state.traffic is not None, "baking follows traffic"
    since, now = state.traffic.at, platform.now()
    measures = platform.driver.measures.read(endpoint, since, now)
    new = merge([measures.get(variant, Measure()) for variant in release.versions])
    old = merge(
        [measures.get(variant, Measure()) for variant in state.traffic.weights if variant not in release.versions]
    )
    minimum = int(release.rollout.get("min_requests", 1))
    broken = broken_condition(release.rollout.get("rollback_when", []), new, old, minimum)
    evidence = {"requests": new.requests, "errors": new.errors, "since": timestamp(since)}
    if broken:
        return abort(platform, endpoint, release, broken, evidence)
    elapsed = (now - since).total_seconds()
    if elapsed >= release.rollout.get("bake", 0.0) and new.requests >= minimum:
        _done(platform, endpoint, release, f"traffic-{share}", evidence)
        text = (
            f"release {release.number}: {share} % held for {timedelta(seconds=int(elapsed))} ({new.requests} requests)"
        )
        return Step(f"endpoint/{endpoint}", text, busy=True, moved=True)
    text = f"release {release.number}: baking at {share} %, {new.requests} requests, {new.errors} errors"
    return Step(f"endpoint/{endpoint}", text)


def merge(measures: list[Measure]) -> Measure:
    """Add up measures; the quantiles are those of the variant with most requests."""
    busiest = max(measures, key=lambda measure: measure.requests, default=Measure())
    return Measure(sum(m.requests for m in measures), sum(m.errors for m in measures), busiest.p50_ms, busiest.p99_ms)


def blend(state: EndpointState, release: ReleaseState, share: int) -> dict[str, int]:
    """Return integer weights that give a release `share` percent and the live one the rest; they sum to 100."""
    current = state.current
    if current is None or share == 100:  # noqa: PLR2004  all of it
        return dict(release.weights)
    parts = {**_scaled(current.weights, 100 - share), **_scaled(release.weights, share)}
    return {variant: weight for variant, weight in parts.items() if weight}


def _scaled(weights: Mapping[str, int], total: int) -> dict[str, int]:
    exact = {variant: weight * total / 100 for variant, weight in weights.items()}
    floors = {variant: int(value) for variant, value in exact.items()}
    short = total - sum(floors.values())
    for variant in sorted(exact, key=lambda name: (floors[name] - exact[name], name))[:short]:
        floors[variant] += 1
    return floors


def set_traffic(
    platform: LivePlatform,
    endpoint: str,
    state: EndpointState,
    release: int,
    weights: Mapping[str, int],
    mirror: Mapping[str, float],
    *,
    key: str,
    versions: Mapping[str, int] | None = None,
) -> None:
    """Record traffic as decided, then make it so; do neither when the release may not steer any more."""
    known = {v: n for r in state.releases.values() for v, n in r.versions.items()} | dict(versions or {})
    body = {
        "release": release,
        "weights": dict(weights),
        "mirror": dict(mirror),
        "versions": {variant: known[variant] for variant in (*weights, *mirror)},
    }
    decided = append_endpoint(platform, endpoint, "traffic.set", body, key=key)
    if decided is not None and platform.record.resource("endpoint", endpoint).get("mode") != "batch":
        platform.driver.serving.set_traffic(endpoint, weights, mirror)


def go_live(platform: LivePlatform, endpoint: str, release: ReleaseState) -> Step:
    """End a rollout: the release is what serves from now on."""
    stream = f"endpoint/{endpoint}"
    state = fold_endpoint(platform.endpoint(endpoint).events())
    if release.restores is not None and release.replaces is not None:
        # While this release still moves, nobody plans another: the aliases must be right before it is live.
        restore_aliases(platform, endpoint, state.releases[release.replaces], release, release.reason)
    number, reason = release.number, release.reason
    if release.restores is not None:
        body = {"release": number, "to": release.restores}
        append_endpoint(platform, endpoint, "rollback.done", body, key=f"release/{number}/restored", reason=reason)
    key = f"release/{number}/live"
    if append_endpoint(platform, endpoint, "release.live", {"release": number}, key=key, reason=reason) is None:
        return Step(stream, f"release {number}: another process decided first")
    return Step(stream, f"release {number} is live", busy=True, moved=True)


def abort(
    platform: LivePlatform, endpoint: str, release: ReleaseState, reason: str, evidence: Mapping[str, Any]
) -> Step:
    """Decide that a release goes back; the healthy one gets all traffic in the same breath."""
    stream, key = f"endpoint/{endpoint}", f"release/{release.number}/abort"
    body = {"release": release.number, "to": release.replaces, "reason": reason, "evidence": dict(evidence)}
    if append_endpoint(platform, endpoint, "rollback.started", body, key=key, reason=reason) is None:
        return Step(stream, f"release {release.number}: another process decided first")
    _give_back(platform, endpoint, fold_endpoint(platform.endpoint(endpoint).events()), release)
    return Step(stream, f"release {release.number} goes back: {reason}", busy=True, moved=True, failed=True)


def _give_back(platform: LivePlatform, endpoint: str, state: EndpointState, release: ReleaseState) -> None:
    """Give the live release all traffic; where there is none, take what the release has."""
    if state.traffic is None:
        return
    current, key = state.current, f"release/{release.number}/given-back"
    number, weights = (current.number, current.weights) if current else (release.number, {})
    set_traffic(platform, endpoint, state, number, weights, {}, key=key)


def finish_abort(platform: LivePlatform, endpoint: str, state: EndpointState, release: ReleaseState) -> Step:
    """Complete what `abort` began: traffic, alias, and the end of the release."""
    _give_back(platform, endpoint, state, release)
    restore_aliases(platform, endpoint, release, state.current, release.outcome)
    kind = "rollback.done" if "deploy" in release.done else "release.failed"
    body, key = {"release": release.number, "to": release.replaces}, f"release/{release.number}/aborted"
    append_endpoint(platform, endpoint, kind, body, key=key, reason=release.outcome)
    text = "is rolled back" if kind == "rollback.done" else "failed"
    return Step(f"endpoint/{endpoint}", f"release {release.number} {text}: {release.outcome}", moved=True, failed=True)


def restore_aliases(
    platform: LivePlatform, endpoint: str, failed: ReleaseState, healthy: ReleaseState | None, reason: str
) -> None:
    """Point the aliases that a failed release came from back at what the healthy one serves."""
    if healthy is None:
        return
    for reference, number in healthy.wanted["targets"].items():
        model, at, alias = reference.partition("@")
        current = model_state(platform, model).aliases.get(alias) if at else None
        if current is None or current == number or current != failed.wanted["targets"].get(reference):
            continue
        key = f"{endpoint}/release/{failed.number}/restore/{alias}/{number}"
        set_alias(platform, model, alias, number, expected=current, key=key, reason=reason)
