"""A fold that goes on from where it was gives the state that a fold from the beginning gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from modelwright.ledger.actor import Actor
from modelwright.ledger.event import Event
from modelwright.lifecycle.folding import Resumed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING: tuple[int, ...] = ()


def event(seq: int, value: int, stream: str = "model/risk") -> Event:
    return Event(
        stream=stream, seq=seq, prev="", kind="n", key=f"{seq}/{value}", at=NOW, recorded=NOW,
        actor=Actor("a", "test", "person"), body={"value": value},
    )  # fmt: skip


def values(before: tuple[int, ...], events: Sequence[Event]) -> tuple[int, ...]:
    return (*before, *(int(one.body["value"]) for one in events))


def of(events: Sequence[Event]) -> tuple[int, ...]:
    return values((), events)


@given(st.lists(st.tuples(st.sampled_from(["a/x", "b/x"]), st.lists(st.integers(0, 2), max_size=6)), max_size=12))
def test_any_histories_in_any_order_give_their_own_states(histories: list[tuple[str, list[int]]]) -> None:
    fold = Resumed(NOTHING, values)
    for stream, numbers in histories:
        events = tuple(event(seq, number, stream) for seq, number in enumerate(numbers, 1))
        assert fold(events) == tuple(numbers)


def test_an_event_altered_in_the_middle_is_seen() -> None:
    fold = Resumed(NOTHING, values)
    events = tuple(event(seq, seq) for seq in range(1, 6))
    assert fold(events) == (1, 2, 3, 4, 5)
    altered = (*events[:2], replace(events[2], body={"value": 30}), *events[3:])
    assert fold(altered) == (1, 2, 30, 4, 5)
    assert fold(events[:2]) == (1, 2)
    assert fold(()) == ()


def test_only_what_is_new_is_applied_also_after_a_draft_was_tried() -> None:
    applied: list[int] = []

    def counted(before: tuple[int, ...], events: Sequence[Event]) -> tuple[int, ...]:
        applied.append(len(events))
        return values(before, events)

    fold = Resumed(NOTHING, counted)
    events: tuple[Event, ...] = ()
    for seq in range(1, 5):
        assert fold((*events, event(seq, -seq))) == (*of(events), -seq), "a draft"
        events = (*events, event(seq, seq))
        assert fold(events) == of(events)
        assert fold(events) == of(events)
    assert applied == [1] * 8


def test_more_streams_than_are_kept_are_folded_all_the_same() -> None:
    fold = Resumed(NOTHING, values)
    histories = [tuple(event(seq, seq, f"s/{number}") for seq in (1, 2)) for number in range(200)]
    for _ in range(2):
        assert all(fold(events) == (1, 2) for events in histories)
