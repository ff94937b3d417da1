"""The value language: one spelling, one walker, and interpretations that lose nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.assembly.value import (
    Given,
    Join,
    Json,
    Lookup,
    Ref,
    SecretRef,
    Slot,
    evaluate,
    fill,
    freeze,
    from_json,
    refs,
    resolve,
    reveal,
    secrets,
    slots,
    thaw,
    to_json,
)
from modelwright.errors import UsageError

KEYS = st.one_of(st.sampled_from(["$ref", "$$ref", "$", "$slot", "a", "b"]), st.text(max_size=4))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
NAMES = st.text("abcdef-", min_size=1, max_size=6)
LEAVES = st.one_of(
    SCALARS,
    st.builds(Ref, NAMES, NAMES),
    st.builds(SecretRef, NAMES),
    st.builds(Given, NAMES),
    st.builds(Slot, NAMES),
)
PARTS = st.one_of(
    st.text(max_size=3),
    st.integers(),
    st.builds(Ref, NAMES, NAMES),
    st.builds(Slot, NAMES),
    st.builds(SecretRef, NAMES),
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=3),
        st.builds(lambda parts: Join(tuple(parts)), st.lists(PARTS, max_size=3)),
        st.builds(Json, inner),
        st.builds(Lookup, NAMES, st.dictionaries(KEYS, inner, max_size=2)),
    )


VALUES = st.recursive(LEAVES, nested, max_leaves=12)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_survives_its_json_spelling(value: Any) -> None:
    spelling = json.loads(json.dumps(to_json(value)))
    assert from_json(spelling) == freeze(value)
    assert to_json(from_json(spelling)) == spelling


@given(PLAIN)
def test_a_literal_is_never_taken_for_a_node(value: Any) -> None:
    read = from_json(to_json(value))
    assert thaw(read) == value
    assert not slots(read)
    assert not refs(read)


@given(VALUES)
def test_evaluating_with_nothing_known_keeps_what_is_open(value: Any) -> None:
    kept = evaluate(value, lambda node: node)
    assert (slots(kept), refs(kept), secrets(kept)) == (slots(value), refs(value), secrets(value))


def test_each_node_has_the_documented_spelling() -> None:
    value = {
        "ref": Ref("lake", "uri"),
        "join": Join(("s3://", Ref("lake", "name"))),
        "json": Json({"weight": Slot("weight")}),
        "secret": SecretRef("slack-hook"),
        "lookup": Lookup("caller", {"field": "account"}),
        "given": Given("network.subnets"),
        "$literal": 1,
    }
    assert to_json(value) == {
        "ref": {"$ref": "lake.uri"},
        "join": {"$join": ["s3://", {"$ref": "lake.name"}]},
        "json": {"$json": {"weight": {"$slot": "weight"}}},
        "secret": {"$secret": "slack-hook"},
        "lookup": {"$lookup": {"function": "caller", "args": {"field": "account"}}},
        "given": {"$given": "network.subnets"},
        "$$literal": 1,
    }


def test_references_become_outputs_and_complete_strings_collapse() -> None:
    outputs = {"lake": {"name": "acme", "tags": {"team": "ml"}}}

    def output(ref: Ref) -> Any:
        found: Any = outputs[ref.resource]
        for part in ref.output.split("."):
            found = found[part]
        return found

    value = {"uri": Join(("s3://", Ref("lake", "name"), "/", 7)), "team": Ref("lake", "tags.team"), "open": Slot("x")}
    assert resolve(value, output) == {"uri": "s3://acme/7", "team": "ml", "open": Slot("x")}


def test_filling_makes_plain_json_and_strings_of_json() -> None:
    body = {"weights": Slot("weights"), "document": Json({"v": Slot("version"), "a": 1}), "$schema": "x"}
    filled = fill(from_json(to_json(body)), {"weights": {"v1": 90, "v2": 10}, "version": 7})
    assert filled == {"weights": {"v1": 90, "v2": 10}, "document": '{"a":1,"v":7}', "$schema": "x"}


def test_an_unknown_slot_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="wieght") as caught:
        fill({"w": Slot("weight")}, {"wieght": 1, "weight": 2})
    assert "'weight'" in str(caught.value)


def test_an_unfilled_slot_is_named() -> None:
    with pytest.raises(UsageError, match="no value for slot release, version"):
        fill({"a": Slot("version"), "b": [Slot("release")]}, {})


def test_a_body_that_refers_to_what_is_not_resolved_cannot_be_filled() -> None:
    with pytest.raises(UsageError, match=r"lake\.uri"):
        fill({"a": Ref("lake", "uri")}, {})


def test_a_secret_poisons_the_string_that_it_stands_in_until_it_is_revealed() -> None:
    body = {"header": Join(("Bearer ", SecretRef("token"), "-", Slot("n"))), "config": Json({"k": SecretRef("token")})}
    assert secrets(body) == {"token"}
    filled = fill(body, {"n": 3})
    assert filled == {
        "header": {"$join": ["Bearer ", {"$secret": "token"}, "-", 3]},
        "config": {"$json": {"k": {"$secret": "token"}}},
    }
    stored = json.loads(json.dumps(filled))
    assert reveal(stored, {"token": "hunter2"}.__getitem__) == {
        "header": "Bearer hunter2-3",
        "config": '{"k":"hunter2"}',
    }


def test_a_slot_cannot_smuggle_a_secret_in() -> None:
    with pytest.raises(UsageError, match=r"\$secret"):
        fill({"hyperparameters": Slot("hyperparameters")}, {"hyperparameters": {"x": {"$secret": "slack-hook"}}})


@pytest.mark.parametrize(
    "spelling",
    [{"$rfe": "a.b"}, {"$ref": "a.b", "x": 1}, {"$ref": "nodot"}, {"$slot": 3}, {"$join": "ab"}, {"$lookup": "f"}],
)
def test_a_malformed_node_is_refused(spelling: Any) -> None:
    with pytest.raises(UsageError):
        from_json(spelling)


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {1, 2}}, [object()], b"bytes"])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(UsageError):
        freeze(value)


def test_a_frozen_value_cannot_be_changed() -> None:
    original = {"a": [{"b": 1}]}
    frozen = freeze(original)
    original["a"][0]["b"] = 2
    assert frozen["a"][0]["b"] == 1
    with pytest.raises(TypeError):
        frozen["a"] = 1
