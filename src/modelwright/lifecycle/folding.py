"""Folds that go on from where they last were: one promotion asks for its model's state some twenty times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from modelwright.ledger.event import Event

S = TypeVar("S")
_MOST = 64
"""Streams whose states are kept; beyond it the one that was kept first is folded from its beginning again."""


class Resumed(Generic[S]):
    """A fold over a whole stream. `onward` takes a state and the events after it, and leaves the state as it was.

    The last two states of a stream are kept: a draft is folded after the events to see whether it is legal, and what
    is stored in the end is another event.
    """

    def __init__(self, initial: S, onward: Callable[[S, Sequence[Event]], S]) -> None:
        self._initial = initial
        self._onward = onward
        self._known: dict[str, tuple[tuple[tuple[Event, ...], S], ...]] = {}

    def __call__(self, events: tuple[Event, ...]) -> S:
        """Return the state after all events; only those are applied that were not there the last time."""
        if not events:
            return self._initial
        stream = events[0].stream
        known = self._known.get(stream, ())
        # Compared by identity first, and one stream's events are the same objects.
        begun = ((before, state) for before, state in known if events[: len(before)] == before)
        before, state = next(begun, ((), self._initial))
        if len(events) == len(before):
            return state
        state = self._onward(state, events[len(before) :])
        if not known and len(self._known) >= _MOST:
            self._known.pop(next(iter(self._known)), None)
        self._known[stream] = ((events, state), *known[:1])
        return state
