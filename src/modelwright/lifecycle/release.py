"""Releases of an endpoint: the states that an `endpoint/<name>` stream folds into.

Release: `planned → rolling → live → superseded`, or `rolling_back → rolled_back`, or `failed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from modelwright.errors import TransitionError
from modelwright.ledger.event import Event
from modelwright.ledger.fold import fold
from modelwright.lifecycle.folding import Resumed

_STEPS = {
    "planned": {"rolling", "rolling_back", "failed"},
    "rolling": {"live", "paused", "rolling_back", "failed"},
    "paused": {"rolling", "rolling_back", "failed"},
    "live": {"superseded", "rolled_back"},
    "superseded": set[str](),
    "rolling_back": {"rolled_back", "failed"},
}


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """One release: versions + traffic + serving configuration behind an endpoint."""

    number: int
    state: str
    versions: Mapping[str, int]
    """Version of each variant."""
    weights: Mapping[str, int]
    """Weights once live: integers that sum to 100."""
    wanted: Mapping[str, Any]
    """What the declaration asked for when this was planned: `{"targets": {reference: version}, "config": digest}`."""
    rollout: Mapping[str, Any]
    replaces: int | None
    restores: int | None
    planned: datetime
    reason: str
    live_at: datetime | None = None
    ended: datetime | None = None
    step: str = ""
    step_state: str = ""
    step_at: datetime | None = None
    claim: Mapping[str, Any] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    outcome: str = ""

    @property
    def moving(self) -> bool:
        """Whether the release has still to reach an end."""
        return self.state in {"planned", "rolling", "paused", "rolling_back"}


@dataclass(frozen=True, slots=True)
class TrafficState:
    """The traffic that was last decided."""

    release: int
    weights: Mapping[str, int]
    mirror: Mapping[str, float]
    at: datetime
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EndpointState:
    """All releases of an endpoint and the traffic decided last."""

    releases: Mapping[int, ReleaseState] = field(default_factory=dict)
    live: int | None = None
    traffic: TrafficState | None = None
    going_back: str | None = None
    """Why the live release goes back, between that decision and the plan of the release that restores."""
    retired: Mapping[str, Any] | None = None
    """What the declaration wanted when the endpoint was retired, until something is planned again."""

    @property
    def current(self) -> ReleaseState | None:
        """The release that serves, if any."""
        return self.releases[self.live] if self.live is not None else None

    @property
    def moving(self) -> ReleaseState | None:
        """The release under way, if any; at most one per endpoint."""
        return next((r for r in self.releases.values() if r.moving), None)

    @property
    def latest(self) -> ReleaseState | None:
        """The release planned last."""
        return self.releases[max(self.releases)] if self.releases else None


def fold_endpoint(events: tuple[Event, ...]) -> EndpointState:
    """Fold an `endpoint/<name>` stream. Raises `TransitionError` on an illegal step."""
    return _ENDPOINT(events)


def _planned(state: EndpointState, event: Event) -> EndpointState:
    body = event.body
    if state.moving is not None:
        raise TransitionError(f"release {state.moving.number} is still under way", where=f"{event.stream}#{event.seq}")
    release = ReleaseState(
        body["release"], "planned", body["versions"], body["weights"], body["wanted"], body["rollout"],
        body["replaces"], body.get("restores"), event.at, event.reason,
    )  # fmt: skip
    return replace(_with(state, release), going_back=None, retired=None)


def _step_started(state: EndpointState, event: Event) -> EndpointState:
    body = event.body
    release = state.releases[body["release"]]
    if release.state == "planned":
        release = _to(release, "rolling", event)
    _refuse_unless(release.state == "rolling" and body["step"] not in release.done, release, event)
    claim = {name: body[name] for name in ("deadline", "owner", "attempt")} | {"since": body.get("since", 0.0)}
    return _with(state, replace(release, step=body["step"], step_state="started", step_at=event.at, claim=claim))


def _step_done(state: EndpointState, event: Event) -> EndpointState:
    release = state.releases[event.body["release"]]
    _refuse_unless(release.state == "rolling" and event.body["step"] not in release.done, release, event)
    done = (*release.done, event.body["step"])
    return _with(state, replace(release, step=event.body["step"], step_state="done", step_at=event.at, done=done))


def _traffic(state: EndpointState, event: Event) -> EndpointState:
    body = event.body
    _refuse_unless(_may_steer(state, body), state.releases[body["release"]], event)
    traffic = TrafficState(body["release"], body["weights"], body["mirror"], event.at, body["versions"])
    return replace(state, traffic=traffic)


def _may_steer(state: EndpointState, body: Mapping[str, Any]) -> bool:
    """Return whether a release decides on traffic: the one that rolls out, else the live one.

    One that goes back may only give up what it has, when there is nothing to go back to.
    """
    release, moving = state.releases[body["release"]], state.moving
    if release.state == "rolling":
        return True
    if release.number == state.live:
        return moving is None or moving.state in {"planned", "rolling_back"}
    return release.state == "rolling_back" and not body["weights"]


def _live(state: EndpointState, event: Event) -> EndpointState:
    release = _to(state.releases[event.body["release"]], "live", event)
    old = state.current
    state = _with(state, replace(release, live_at=event.at))
    if old is not None and old.number != release.number:
        ending = "rolled_back" if release.restores is not None else "superseded"
        state = _with(state, replace(_to(old, ending, event), ended=event.at))
    return replace(state, live=release.number)


def _failed(state: EndpointState, event: Event) -> EndpointState:
    release = _to(state.releases[event.body["release"]], "failed", event)
    return _with(state, replace(release, ended=event.at, outcome=event.reason))


def _rolling_back(state: EndpointState, event: Event) -> EndpointState:
    release = state.releases[event.body["release"]]
    if not release.moving:
        _refuse_unless(release.number == state.live and state.moving is None, release, event)
        return replace(state, going_back=event.reason)
    return _with(state, replace(_to(release, "rolling_back", event), outcome=event.reason))


def _rolled_back(state: EndpointState, event: Event) -> EndpointState:
    release = state.releases[event.body["release"]]
    if release.state != "rolling_back":
        return state
    return _with(state, replace(_to(release, "rolled_back", event), ended=event.at))


def _paused(state: EndpointState, event: Event) -> EndpointState:
    return _with(state, _to(state.releases[event.body["release"]], "paused", event))


def _resumed(state: EndpointState, event: Event) -> EndpointState:
    return _with(state, _to(state.releases[event.body["release"]], "rolling", event))


def _retired(state: EndpointState, event: Event) -> EndpointState:
    old, moving = state.current, state.moving
    if moving is not None:
        raise TransitionError(f"release {moving.number} is still under way", where=f"{event.stream}#{event.seq}")
    if old is not None:
        state = _with(state, replace(old, state="superseded", ended=event.at, outcome=event.reason))
    return replace(state, live=None, traffic=None, retired=event.body.get("wanted") or {})


def _with(state: EndpointState, release: ReleaseState) -> EndpointState:
    return replace(state, releases={**state.releases, release.number: release})


def _refuse_unless(legal: bool, release: ReleaseState, event: Event) -> None:
    if not legal:
        raise TransitionError(
            f"{event.kind} is no step of release {release.number}, which is {release.state}",
            where=f"{event.stream}#{event.seq}",
        )


def _to(release: ReleaseState, state: str, event: Event) -> ReleaseState:
    if state not in _STEPS.get(release.state, set()):
        raise TransitionError(
            f"release {release.number} cannot go from {release.state} to {state}", where=f"{event.stream}#{event.seq}"
        )
    return replace(release, state=state)


_FOLDS = {
    "release.planned": _planned,
    "step.started": _step_started,
    "step.done": _step_done,
    "traffic.set": _traffic,
    "release.live": _live,
    "release.failed": _failed,
    "release.paused": _paused,
    "release.resumed": _resumed,
    "rollback.started": _rolling_back,
    "rollback.done": _rolled_back,
    "endpoint.retired": _retired,
}

_ENDPOINT = Resumed(EndpointState(), lambda before, events: fold(events, before, _FOLDS))
