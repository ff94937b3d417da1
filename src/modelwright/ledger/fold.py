"""Fold events into a state; what a state is and which steps are legal is the lifecycle's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from modelwright.errors import DataError, did_you_mean
from modelwright.ledger.event import Event

S = TypeVar("S")


def fold(events: Iterable[Event], initial: S, steps: Mapping[str, Callable[[S, Event], S]]) -> S:
    """Return the state after all events, each applied by its kind's step.

    Raises `DataError` for a kind without a step: a state that leaves events out would be wrong and look right.
    """
    state = initial
    for event in events:
        step = steps.get(event.kind)
        if step is None:
            raise DataError(
                f"unknown event kind {event.kind!r}, written by {event.by}",
                where=event.reference,
                remedy=did_you_mean(event.kind, steps),
            )
        state = step(state, event)
    return state
