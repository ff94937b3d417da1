"""An event's bytes: the exact format, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.errors import DataError, FormatVersionError, IntegrityError
from modelwright.ledger.actor import actor_from_environment
from modelwright.ledger.event import Actor, Draft, Event

# Written by hand from the format's description, keys in order, so that the writer cannot agree with itself only.
STORED = (
    b'{"actor":{"id":"ada","kind":"person","via":"sts"},"at":"2026-11-21T05:00:00.000000Z","body":{"weights":'
    b'{"v7-r12":90,"v8-r13":10}},"by":"modelwright 0.1.0","cause":["model/delay#18","approval/delay#3"],'
    b'"key":"rollout-9f2c/step-2","kind":"traffic.set","platform":"sha256:11","prev":"sha256:22","reason":"r\xc3\xa9vu",'
    b'"recorded":"2026-11-21T05:00:00.250000Z","schema":"modelwright.event/1","seq":41,"stream":"endpoint/delay-api"}'
)
EVENT = Event(
    stream="endpoint/delay-api",
    seq=41,
    prev="sha256:22",
    kind="traffic.set",
    key="rollout-9f2c/step-2",
    at=datetime(2026, 11, 21, 5, tzinfo=UTC),
    recorded=datetime(2026, 11, 21, 5, 0, 0, 250_000, tzinfo=UTC),
    actor=Actor("ada", "sts", "person"),
    reason="révu",
    cause=("model/delay#18", "approval/delay#3"),
    platform="sha256:11",
    body={"weights": {"v7-r12": 90, "v8-r13": 10}},
    by="modelwright 0.1.0",
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
events = st.builds(
    Event,
    stream=text,
    seq=st.integers(1, 10**12 - 1),
    prev=text,
    kind=text,
    key=text,
    at=moments,
    recorded=moments,
    actor=st.builds(Actor, text, text, st.sampled_from(["person", "ci", "operator", "monitor"])),
    reason=text,
    cause=st.lists(text, max_size=3).map(tuple),
    platform=text,
    body=st.dictionaries(text, documents, max_size=4),
    by=text,
)


def test_an_event_is_written_exactly_so() -> None:
    assert EVENT.to_bytes() == STORED


def test_an_event_is_read_from_exactly_that() -> None:
    assert Event.from_bytes(STORED) == EVENT


@given(events)
def test_reading_returns_what_was_written(event: Event) -> None:
    assert Event.from_bytes(event.to_bytes()) == event
    assert Event.from_bytes(event.to_bytes()).to_bytes() == event.to_bytes()
    assert Event.from_json(json.loads(event.to_bytes())) == event


def test_a_newer_event_is_refused_though_its_fields_are_unknown() -> None:
    with pytest.raises(FormatVersionError, match="written by a newer modelwright"):
        Event.from_bytes(b'{"schema":"modelwright.event/2","strand":"x"}')
    with pytest.raises(FormatVersionError, match=r"modelwright\.event/2"):
        Event.from_bytes(STORED.replace(b"event/1", b"event/2"))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", STORED[:-1], STORED.replace(b"41", b'"41"')])
def test_bytes_that_are_no_event_are_an_integrity_error(data: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"here\.json: not an event"):
        Event.from_bytes(data, where="here.json")


def test_a_body_of_64_kib_fits_and_one_byte_more_does_not() -> None:
    frame = len('{"a":""}')
    assert Draft("noted", {"a": "x" * (65_536 - frame)}, key="k")
    with pytest.raises(DataError, match="has 65537 bytes; at most 65536"):
        Draft("noted", {"a": "x" * (65_537 - frame)}, key="k")


@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": float("inf")}, {"x": {1, 2}}, {"x": "\ud800"}])
def test_a_body_that_is_not_json_is_refused(body: Mapping[str, Any]) -> None:
    with pytest.raises(DataError):
        Draft("noted", body, key="k")


def test_an_event_needs_a_kind_and_a_key() -> None:
    for kind, key in (("", "k"), ("noted", "")):
        with pytest.raises(DataError, match="needs a kind and a key"):
            Draft(kind, {}, key=key)


def test_the_actor_of_a_pipeline_is_who_started_it() -> None:
    surroundings = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ada", "GITHUB_RUN_ID": "77"}
    assert actor_from_environment(surroundings) == Actor("ada", "github-actions/77", "ci")
    assert actor_from_environment({"CI": "1"}).kind == "ci"


def test_the_actor_at_a_keyboard_is_user_at_host() -> None:
    actor = actor_from_environment({"CI": "false"})
    assert (actor.kind, actor.via) == ("person", "local")
    assert "@" in actor.id
