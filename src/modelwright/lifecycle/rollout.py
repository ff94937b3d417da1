"""How one release replaces another: deploy, step by step more traffic, bake, and back at the first clear sign of harm.

What the ledger says is the truth and reality is made to match it at every tick: a stale writer's effect lasts one tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from modelwright.canonical import timestamp
from modelwright.contract.driver import Measure, ServingStatus
from modelwright.lifecycle.conditions import broken_condition
from modelwright.lifecycle.planning import ensure_variants, variant_request
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.registration import model_state
from modelwright.lifecycle.release import EndpointState, ReleaseState, fold_endpoint

CLAIM_SECONDS = 60.0
READY_SECONDS = 180.0


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
        return _go_live(platform, endpoint, release)
    if release.step != step or release.step_state != "started" or _claim_expired(platform, release):
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


def _claim_expired(platform: LivePlatform, release: ReleaseState) -> bool:
    return bool(release.claim["owner"] != platform.owner and platform.wall() > release.claim["deadline"])


def _deployed(release: ReleaseState, status: ServingStatus) -> bool:
    return {d.name for d in status.deployments} >= set(release.versions)


def _claim(platform: LivePlatform, endpoint: str, release: ReleaseState, step: str) -> Step:
    attempt = int(release.claim.get("attempt", 0)) + 1 if release.step == step else 1
    body = {
        "release": release.number,
        "step": step,
        "attempt": attempt,
        "owner": platform.owner,
        "deadline": platform.wall() + CLAIM_SECONDS,
    }
    key = f"release/{release.number}/{step}/{attempt}"
    platform.endpoint(endpoint).append("step.started", body, key=key)
    return Step(f"endpoint/{endpoint}", f"release {release.number}: {step}", busy=True, moved=True)


def _done(platform: LivePlatform, endpoint: str, release: ReleaseState, step: str, evidence: Mapping[str, Any]) -> None:
    body = {"release": release.number, "step": step, "evidence": dict(evidence)}
    platform.endpoint(endpoint).append("step.done", body, key=f"release/{release.number}/{step}/done")


def _deploy(platform: LivePlatform, endpoint: str, release: ReleaseState, status: ServingStatus) -> Step:
    stream = f"endpoint/{endpoint}"
    ensure_variants(platform, endpoint, release)
    seen = {deployment.name: deployment for deployment in status.deployments}
    for variant in release.versions:
        if variant not in seen or seen[variant].state == "gone":
            platform.driver.serving.deploy(endpoint, variant, variant_request(platform, endpoint, variant))
            return Step(stream, f"release {release.number}: starting {variant}", busy=True, moved=True)
        if seen[variant].state == "failed":
            reason = f"{variant} cannot serve: {seen[variant].reason}"
            return abort(platform, endpoint, release, reason, {"variant": variant})
    if all(seen[variant].state == "ready" for variant in release.versions):
        _done(platform, endpoint, release, "deploy", {})
        return Step(stream, f"release {release.number}: {', '.join(release.versions)} ready", busy=True, moved=True)
    if platform.wall() > float(release.claim["deadline"]) - CLAIM_SECONDS + READY_SECONDS:
        return abort(platform, endpoint, release, f"not ready within {READY_SECONDS:g} s", {})
    return Step(stream, f"release {release.number}: waiting for {', '.join(release.versions)} to be ready", busy=True)


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
    """Record traffic as decided, then make it so."""
    known = {v: n for r in state.releases.values() for v, n in r.versions.items()} | dict(versions or {})
    body = {
        "release": release,
        "weights": dict(weights),
        "mirror": dict(mirror),
        "versions": {variant: known[variant] for variant in (*weights, *mirror)},
    }
    platform.endpoint(endpoint).append("traffic.set", body, key=key)
    platform.driver.serving.set_traffic(endpoint, weights, mirror)


def _go_live(platform: LivePlatform, endpoint: str, release: ReleaseState) -> Step:
    stream = platform.endpoint(endpoint)
    state = fold_endpoint(stream.events())
    if release.restores is not None and release.replaces is not None:
        # While this release still moves, nobody plans another: the aliases must be right before it is live.
        restore_aliases(platform, endpoint, state.releases[release.replaces], release, release.reason)
    stream.append(
        "release.live", {"release": release.number}, key=f"release/{release.number}/live", reason=release.reason
    )
    if release.restores is not None:
        body = {"release": release.number, "to": release.restores}
        stream.append("rollback.done", body, key=f"release/{release.number}/restored", reason=release.reason)
    return Step(f"endpoint/{endpoint}", f"release {release.number} is live", busy=True, moved=True)


def abort(
    platform: LivePlatform, endpoint: str, release: ReleaseState, reason: str, evidence: Mapping[str, Any]
) -> Step:
    """Decide that a release goes back; the healthy one gets all traffic in the same breath."""
    stream = platform.endpoint(endpoint)
    body = {"release": release.number, "to": release.replaces, "reason": reason, "evidence": dict(evidence)}
    stream.append("rollback.started", body, key=f"release/{release.number}/abort", reason=reason)
    state = fold_endpoint(stream.events())
    _give_back(platform, endpoint, state, release)
    return Step(
        f"endpoint/{endpoint}", f"release {release.number} goes back: {reason}", busy=True, moved=True, failed=True
    )


def _give_back(platform: LivePlatform, endpoint: str, state: EndpointState, release: ReleaseState) -> None:
    current = state.current
    if current is None or state.traffic is None:
        return
    key = f"release/{release.number}/given-back"
    set_traffic(platform, endpoint, state, current.number, current.weights, {}, key=key)


def finish_abort(platform: LivePlatform, endpoint: str, state: EndpointState, release: ReleaseState) -> Step:
    """Complete what `abort` began: traffic, alias, and the end of the release."""
    stream = platform.endpoint(endpoint)
    _give_back(platform, endpoint, state, release)
    restore_aliases(platform, endpoint, release, state.current, release.outcome)
    kind = "rollback.done" if "deploy" in release.done else "release.failed"
    body = {"release": release.number, "to": release.replaces}
    stream.append(kind, body, key=f"release/{release.number}/aborted", reason=release.outcome)
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
        body = {"name": alias, "version": number, "expected": current}
        key = f"{endpoint}/release/{failed.number}/restore/{alias}/{number}"
        platform.model(model).append("alias.set", body, key=key, reason=reason)
