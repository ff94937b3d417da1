"""Making what serves behind an endpoint match what the ledger decided, and planning what the declaration wants next."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.contract.driver import Deployment, ServingStatus
from modelwright.errors import NotReleasedError, TransitionError
from modelwright.lifecycle.appending import append_endpoint, lost_to
from modelwright.lifecycle.planning import (
    awaited,
    ensure_variants,
    plan_release,
    plan_restoration,
    resolve,
    satisfied,
    variant_request,
    wanted_by,
    write_variant,
)
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.release import EndpointState, ReleaseState, fold_endpoint
from modelwright.lifecycle.rollout import abort, advance_release, finish_abort, give_up, go_live, set_traffic


def endpoint_state(platform: LivePlatform, endpoint: str) -> EndpointState:
    """Return what the ledger knows of an endpoint. Raises `NotFoundError` for one that is not declared."""
    platform.record.resource("endpoint", endpoint)
    return fold_endpoint(platform.endpoint(endpoint).events())


def advance_endpoint(platform: LivePlatform, endpoint: str) -> Step | None:
    """Move an endpoint at most one step."""
    state = endpoint_state(platform, endpoint)
    if platform.record.resource("endpoint", endpoint).get("mode") == "batch":
        return _adopt(platform, endpoint, state)
    status = platform.driver.serving.status(endpoint)
    step = _converge(platform, endpoint, state, status)
    if step is not None:
        return step
    if state.moving is not None:
        return advance_release(platform, endpoint, state, status)
    if state.going_back is not None:
        return _restore(platform, endpoint, state)
    planned = _plan(platform, endpoint, state)
    return planned or _shadow(platform, endpoint, state, status) or _trouble(platform, endpoint, state, status)


def _trouble(platform: LivePlatform, endpoint: str, state: EndpointState, status: ServingStatus) -> Step | None:
    """Say what serves no more and cannot be started again, and what to do; what is planned next may mend it."""
    known = {*state.traffic.weights, *state.traffic.mirror} if state.traffic else set()
    broken = [d for d in status.deployments if d.state == "failed" and d.name in known]
    text = "; ".join(f"{deployment.name} cannot serve: {deployment.reason}" for deployment in broken)
    remedy = verb_to_mend(platform, endpoint, state)
    return Step(f"endpoint/{endpoint}", f"{text}; next: {remedy}", failed=True) if broken else None


def verb_to_mend(platform: LivePlatform, endpoint: str, state: EndpointState) -> str:
    """Return the command that puts something else in place of a live version that cannot serve."""
    if previous_release(state) is not None:
        return f'modelwright endpoint rollback {endpoint} --reason "…"'
    model = next(iter(platform.record.serves(endpoint))).partition("@")[0].partition(":")[0]
    training = platform.record.model(model).get("training")
    return f"modelwright train {training} --promote" if training else f"modelwright model list {model}"


def _plan(platform: LivePlatform, endpoint: str, state: EndpointState) -> Step | None:
    wanted = wanted_by(platform, endpoint)
    if wanted is None or satisfied(state, wanted):
        return None
    names = ", ".join(f"{reference} is version {number}" for reference, number in wanted["targets"].items())
    event = plan_release(platform, endpoint, names)
    if event is None:
        return None
    return Step(f"endpoint/{endpoint}", f"release {event.body['release']} planned: {names}", busy=True, moved=True)


def _restore(platform: LivePlatform, endpoint: str, state: EndpointState) -> Step:
    previous = previous_release(state)
    assert previous is not None, "a rollback is only begun when there is a release to go back to"
    plan_restoration(platform, endpoint, previous, state.going_back or "")
    return Step(f"endpoint/{endpoint}", f"going back to release {previous.number}", busy=True, moved=True)


def _adopt(platform: LivePlatform, endpoint: str, state: EndpointState) -> Step | None:
    """Take a batch endpoint's release through its life: nothing listens, so it is live once planned."""
    if state.moving is None:
        return _restore(platform, endpoint, state) if state.going_back is not None else _plan(platform, endpoint, state)
    release = state.moving
    if release.state == "rolling_back":
        return finish_abort(platform, endpoint, state, release)
    ensure_variants(platform, endpoint, release)
    key = f"release/{release.number}"
    body = {"release": release.number, "step": "deploy", "attempt": 1, "owner": platform.owner, "deadline": 0.0}
    append_endpoint(platform, endpoint, "step.started", body, key=f"{key}/deploy/1")
    state = endpoint_state(platform, endpoint)
    set_traffic(platform, endpoint, state, release.number, release.weights, {}, key=f"{key}/traffic-100")
    return go_live(platform, endpoint, release)


def _needed(state: EndpointState) -> set[str]:
    needed: set[str] = set()
    if state.traffic is not None:
        needed |= {*state.traffic.weights, *state.traffic.mirror}
    if state.moving is not None and state.moving.state != "rolling_back":
        needed |= set(state.moving.versions)
    return needed


def _converge(platform: LivePlatform, endpoint: str, state: EndpointState, status: ServingStatus) -> Step | None:
    """Make what really serves match the ledger; a release whose server cannot serve goes back."""
    stream, traffic = f"endpoint/{endpoint}", state.traffic
    seen = {deployment.name: deployment for deployment in status.deployments}
    weights, mirror = (dict(traffic.weights), dict(traffic.mirror)) if traffic else ({}, {})
    for variant in {**weights, **mirror}:
        if variant not in seen or seen[variant].state == "gone":
            platform.driver.serving.deploy(endpoint, variant, variant_request(platform, endpoint, variant))
            return Step(stream, f"{variant} was gone: started again", busy=True, moved=True)
        release = state.moving
        if seen[variant].state == "failed" and release and release.state == "rolling" and variant in release.versions:
            return give_up(platform, endpoint, release, seen[variant])
    if dict(status.weights) != weights or dict(status.mirror) != mirror:
        platform.driver.serving.set_traffic(endpoint, weights, mirror)
        return Step(stream, "traffic made to match the ledger", busy=True, moved=True)
    return _retire(platform, endpoint, state, seen)


def _retire(platform: LivePlatform, endpoint: str, state: EndpointState, seen: Mapping[str, Deployment]) -> Step | None:
    shadows = {_shadow_variant(platform, endpoint, state)} - {None}
    for variant in sorted(set(seen) - _needed(state) - shadows):
        if seen[variant].state != "gone":
            platform.driver.serving.retire(endpoint, variant)
            return Step(f"endpoint/{endpoint}", f"{variant} retired", busy=True, moved=True)
    return None


def _shadow_variant(platform: LivePlatform, endpoint: str, state: EndpointState) -> str | None:
    reference = platform.record.resource("endpoint", endpoint).get("shadow")
    version = resolve(platform, reference) if reference else None
    current = state.current
    if version is None or current is None or state.moving is not None or version.number in current.versions.values():
        return None
    return f"v{version.number}-r{current.number}-shadow"


def _shadow(platform: LivePlatform, endpoint: str, state: EndpointState, status: ServingStatus) -> Step | None:
    current, traffic = state.current, state.traffic
    if current is None or traffic is None:
        return None
    variant = _shadow_variant(platform, endpoint, state)
    fraction = float(platform.record.resource("endpoint", endpoint).get("mirror", 1.0))
    mirror = {variant: fraction} if variant else {}
    if dict(traffic.mirror) == mirror:
        return None
    versions = {}
    if variant:
        versions[variant] = int(variant.split("-")[0].removeprefix("v"))
        waiting = _start_shadow(platform, endpoint, current, variant, status)
        if waiting is not None:
            return waiting
    key = f"mirror/{len(platform.endpoint(endpoint).events())}"
    set_traffic(platform, endpoint, state, current.number, traffic.weights, mirror, key=key, versions=versions)
    return Step(
        f"endpoint/{endpoint}", f"mirroring to {variant}" if variant else "mirroring ended", busy=True, moved=True
    )


def _start_shadow(
    platform: LivePlatform, endpoint: str, current: ReleaseState, variant: str, status: ServingStatus
) -> Step | None:
    stream = f"endpoint/{endpoint}"
    seen = {deployment.name: deployment for deployment in status.deployments}
    if variant not in seen or seen[variant].state == "gone":
        version = resolve(platform, platform.record.resource("endpoint", endpoint)["shadow"])
        assert version is not None, "a shadow variant has a version"
        write_variant(platform, endpoint, variant, version, current.number)
        platform.driver.serving.deploy(endpoint, variant, variant_request(platform, endpoint, variant))
        return Step(stream, f"starting {variant}", busy=True, moved=True)
    if seen[variant].state == "starting":
        return Step(stream, f"waiting for {variant} to be ready", busy=True)
    if seen[variant].state == "failed":
        return Step(stream, f"{variant} cannot serve: {seen[variant].reason}", failed=True)
    return None


def roll_back(platform: LivePlatform, endpoint: str, reason: str) -> str:
    """Abort the release under way, else restore what served before the live one; return what was decided.

    A restoration that is under way is that decision already, taken by somebody who may have been killed since. A
    release that was itself rolled back is never restored, so a second rollback goes further back. Raises
    `NotReleasedError` when nothing serves, `TransitionError` when there is nothing to go back to, and `RaceLostError`.
    """
    state = endpoint_state(platform, endpoint)
    if state.moving is not None:
        if state.moving.restores is not None and state.moving.state != "rolling_back":
            return f"release {state.moving.number} restores release {state.moving.restores}"
        if state.moving.state != "rolling_back":
            abort(platform, endpoint, state.moving, reason, {})
        return f"release {state.moving.number} is aborted"
    current = state.current
    if current is None:
        raise NotReleasedError(f"nothing serves behind {endpoint}", remedy=awaited(platform, endpoint))
    previous = previous_release(state)
    if previous is None:
        raise TransitionError(_nothing_before(endpoint, current))
    body = {"release": current.number, "to": previous.number, "reason": reason, "evidence": {}}
    key = f"rollback/{current.number}/{state.latest.number if state.latest else 0}"
    if append_endpoint(platform, endpoint, "rollback.started", body, key=key, reason=reason) is None:
        raise lost_to(platform, endpoint)
    event = plan_restoration(platform, endpoint, previous, reason)
    number = event.body["release"] if event else "?"
    return f"release {number} restores release {previous.number}"


def _nothing_before(endpoint: str, current: ReleaseState) -> str:
    if current.restores is None:
        return f"release {current.number} of {endpoint} is the first that was live: there is none to go back to"
    first = f"release {current.number} of {endpoint} restored release {current.restores}"
    return f"{first}, and nothing before that is left to go back to"


def previous_release(state: EndpointState) -> ReleaseState | None:
    """Return the release that a rollback restores: the last one before the live one that nobody rolled back."""
    current = state.current
    if current is None:
        return None
    known = state.releases
    origin = known[current.restores] if current.restores is not None else current
    candidates = [
        r
        for r in known.values()
        if r.live_at is not None and r.number < origin.number and r.restores is None and r.state != "rolled_back"
    ]
    return max(candidates, key=lambda release: release.number, default=None)
