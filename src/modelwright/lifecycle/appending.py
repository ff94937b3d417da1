"""Appending only what the lifecycle still allows, so that nobody's stale decision makes a stream unreadable.

Two processes may tick at once. What one decided may be no legal step any more when it comes to be written: then
nothing is written, and the next tick decides on what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from modelwright.canonical import timestamp
from modelwright.errors import RaceLostError, TransitionError
from modelwright.ledger.actor import Actor
from modelwright.ledger.event import Draft, Event
from modelwright.ledger.stream import Stream
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.release import fold_endpoint
from modelwright.lifecycle.states import fold_model, fold_training

Fold = Callable[[tuple[Event, ...]], object]
_NOBODY = Actor("nobody")


def append_endpoint(
    platform: LivePlatform, endpoint: str, kind: str, body: Mapping[str, Any], *, key: str, reason: str = ""
) -> Event | None:
    """Append to an endpoint's stream what is still a legal step; return None when it is not."""
    return _append(platform.endpoint(endpoint), fold_endpoint, Draft(kind, body, key, reason))


def append_model(
    platform: LivePlatform, model: str, kind: str, body: Mapping[str, Any], *, key: str, reason: str = ""
) -> Event | None:
    """Append to a model's stream what is still a legal step; return None when it is not."""
    return _append(platform.model(model), fold_model, Draft(kind, body, key, reason))


def append_training(
    platform: LivePlatform, job: str, kind: str, body: Mapping[str, Any], *, key: str, reason: str = ""
) -> Event | None:
    """Append to a training job's stream what is still a legal step; return None when it is not."""
    return _append(platform.training(job), fold_training, Draft(kind, body, key, reason))


def lost_to(platform: LivePlatform, endpoint: str) -> RaceLostError:
    """Return the error of whoever was about to decide on an endpoint when somebody else did: it says who and when."""
    winner = platform.endpoint(endpoint).events()[-1]
    return RaceLostError(
        f"{winner.actor.id} decided first: {winner.kind} at {timestamp(winner.recorded)}",
        where=winner.reference,
        remedy=f"look at `modelwright endpoint history {endpoint}`, and again",
    )


def _append(stream: Stream, fold: Fold, draft: Draft) -> Event | None:
    def decide(events: tuple[Event, ...]) -> Draft | None:
        known = any(event.key == draft.key for event in events)
        return draft if known or not refusal(stream.name, events, fold, draft) else None

    return stream.decide(decide)


def refusal(name: str, events: tuple[Event, ...], fold: Fold, draft: Draft) -> str:
    """Return why a draft is no legal next event of a stream, or nothing."""
    now = datetime.now(UTC)
    event = Event(stream=name, seq=len(events) + 1, prev="", kind=draft.kind, key=draft.key, at=now, recorded=now,
                  actor=_NOBODY, reason=draft.reason, body=draft.body)  # fmt: skip
    try:
        fold((*events, event))
    except TransitionError as error:
        return error.message
    return ""
