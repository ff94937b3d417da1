"""Assemblies: what is checked when one is made, its order, its JSON, its digest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.assembly import Assembly, Request, Resource
from modelwright.assembly.value import Join, Ref, Slot
from modelwright.errors import FormatVersionError, UsageError


def assembly(*resources: Resource, requests: tuple[Request, ...] = (), **fields: Any) -> Assembly:
    defaults: dict[str, Any] = {
        "project": "flights",
        "environment": "dev",
        "adapter": "local",
        "scope": {"environment": "dev"},
        "outputs": {},
        "identities": {},
        "desired": {},
        "spec": "sha256:0",
    }
    return Assembly(resources=resources, requests=requests, **{**defaults, **fields})


def node(name: str, *needs: str, **fields: Any) -> Resource:
    return Resource(name, "test:Thing", {"needs": [Ref(other, "id") for other in needs]}, **fields)


def test_an_assembly_survives_its_json() -> None:
    made = assembly(
        node("lake"),
        node(
            "api",
            "lake",
            depends_on=("lake",),
            holds_data=True,
            renamed_from=("old",),
            replace_on=("needs",),
            owner="api",
        ),
        requests=(Request("api/serve", "serve", "Op", {"model": Slot("model_uri"), "uri": Ref("lake", "uri")}, "api"),),
        outputs={"lake": {"uri": Ref("lake", "uri")}},
        identities={"operator": Join(("arn:", Ref("lake", "id")))},
        desired={"api": {"kind": "endpoint", "hook": {"$secret": "slack-hook"}}},
    )
    document = json.loads(json.dumps(made.to_json()))
    assert Assembly.from_json(document) == made
    assert Assembly.from_json(document).digest == made.digest
    assert document["desired"]["api"]["hook"] == {"$secret": "slack-hook"}


def test_a_newer_assembly_is_refused() -> None:
    with pytest.raises(FormatVersionError, match="newer"):
        Assembly.from_json({**assembly().to_json(), "schema": "modelwright.assembly/2"})


def test_resources_come_after_those_they_need_and_otherwise_as_declared() -> None:
    made = assembly(node("c", "a"), node("b"), node("a"), node("d", "c"))
    assert [resource.name for resource in made.resources] == ["b", "a", "c", "d"]


@given(st.permutations(range(8)), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_any_acyclic_order_is_respected(order: list[int], edges: list[tuple[int, int]]) -> None:
    needs = {(max(a, b), min(a, b)) for a, b in edges if a != b}
    made = assembly(*(node(f"r{i}", *(f"r{b}" for a, b in needs if a == i)) for i in order))
    place = {resource.name: index for index, resource in enumerate(made.resources)}
    assert all(place[f"r{b}"] < place[f"r{a}"] for a, b in needs)


def test_a_cycle_is_named() -> None:
    with pytest.raises(UsageError, match="a → b → c → a"):
        assembly(node("x", "a"), node("a", "b"), node("b", "c"), node("c", "a"))


def test_a_reference_to_nothing_names_who_refers_and_the_nearest() -> None:
    with pytest.raises(UsageError, match="api refers to resource 'lkae'") as caught:
        assembly(node("lake"), node("api", "lkae"))
    assert "did you mean 'lake'?" in str(caught.value)


@pytest.mark.parametrize("where", ["outputs", "identities"])
def test_a_reference_to_nothing_is_found_outside_resources_too(where: str) -> None:
    fields: dict[str, Any] = {where: {"lake": {"uri": Ref("gone", "uri")}}}
    with pytest.raises(UsageError, match=f"{where} refers to resource 'gone'"):
        assembly(node("lake"), **fields)


def test_names_are_unique() -> None:
    with pytest.raises(UsageError, match="resource lake exists more than once"):
        assembly(node("lake"), node("lake"))


def test_slots_stand_in_requests_only() -> None:
    with pytest.raises(UsageError, match="slots stand in requests only"):
        Resource("lake", "test:Thing", {"weight": Slot("weight")})


def test_an_unknown_purpose_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'serve'"):
        Request("api/serv", "serv", "Op", {})  # type: ignore[arg-type]  # that is the point


def test_the_digest_changes_with_the_content_only() -> None:
    assert assembly(node("a"), node("b")).digest == assembly(node("a"), node("b")).digest
    assert assembly(node("a"), node("b")).digest != assembly(node("a"), node("b", "a")).digest
