"""The second oracle for Kubernetes: its own published schemas, walked beside what the SDK's source was read as."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelwright.contract.schema import find_sdk
from modelwright.contract.schema.sdk import Sdk
from modelwright.contract.schema.shape import Choice, ListOf, MapOf, Object, ObjectOf, OneOf, Scalar, Shape

SCHEMAS = Path(os.environ.get("MODELWRIGHT_SCHEMAS") or Path(__file__).parents[3] / "shared" / "schemas")
FILE = SCHEMAS / "k8s-1.37-core.schemas.json"
NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
OTHER_VERSIONS = {
    "clusterName",
    "workloadRef",
    "resourceClaims[].source",
    "ephemeral.readOnly",
    "topologyKeys",
    "ipFamily",
}
"""Inputs that Kubernetes had once; the SDK is made for several versions at a time and keeps them."""
STRICTER = {
    "volumes[].projected", "NetworkPolicy.spec", "PriorityClass", "ResourceClaimTemplate", "ResourceClaimTemplate.spec",
    "ResourceClaim", "DeviceClass",
}  # fmt: skip
"""What the SDK requires more in: its typed classes refuse what a server would take, and so do we."""
LOOSER = {"Quantity", "fieldsV1", "opaque.parameters"}
"""Quantities are documented as strings, servers take numbers too; a free object is `Any` in the SDK."""


class Walk:
    """Goes through an object of the SDK and its published schema together."""

    def __init__(self, sdk: Sdk, definitions: dict[str, Any]) -> None:
        self.sdk = sdk
        self.definitions = definitions
        self.seen: set[str] = set()
        self.compared = 0

    def object(self, found: Object, schema: dict[str, Any], path: str, *, top: bool = False) -> Iterator[str]:
        published = schema.get("properties", {})
        for name in (set(found.inputs) ^ set(published)) - {"status"}:
            if not f"{path}.{name}".endswith(tuple(OTHER_VERSIONS)):
                yield f"{path}.{name} is known to one only"
        required = {name for name, given in found.inputs.items() if given.required}
        more = required - ({"apiVersion", "kind"} if top else set()) - set(schema.get("required", ()))
        less = set(schema.get("required", ())) - required
        if less or (more and not path.endswith(tuple(STRICTER))):
            yield f"{path} requires {required}, published is {schema.get('required')}"
        for name in sorted(set(found.inputs) & set(published) - {"status"}):
            yield from self.value(found.inputs[name].shape, published[name], f"{path}.{name}")

    def value(self, shape: Shape, schema: dict[str, Any], path: str) -> Iterator[str]:
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = self.definitions[name] if name else schema
        self.compared += 1
        if isinstance(shape, ObjectOf):
            if shape.of not in self.seen:
                self.seen.add(shape.of)
                yield from self.object(self.sdk.object(shape.of), schema, path)
        elif isinstance(shape, ListOf) and "items" in schema:
            yield from self.value(shape.item, schema["items"], f"{path}[]")
        elif isinstance(shape, MapOf) and "additionalProperties" in schema:
            yield from self.value(shape.value, schema["additionalProperties"], f"{path}{{}}")
        elif not any(each.endswith(tuple(LOOSER)) for each in (path, name)) and types(shape) != published_types(schema):
            yield f"{path} is {shape}, published is {schema}"


def types(shape: Shape) -> set[str]:
    """Return the types of the scalars that a shape takes."""
    match shape:
        case Scalar(name):
            return {name}
        case OneOf(branches):
            return set.union(*map(types, branches))
        case Choice(words, is_open):
            return {type(word).__name__ for word in words} | ({"str"} if is_open else set())
    return {type(shape).__name__}


def published_types(schema: dict[str, Any]) -> set[str]:
    """Return the types of the scalars that a published schema takes, without null."""
    found = schema.get("type", [])
    each = {found} if isinstance(found, str) else set(found)
    inner = [published_types(branch) for branch in schema.get("oneOf", ())]
    return {NAMES.get(name, name) for name in each - {"null"}}.union(*inner)


@pytest.mark.skipif(not FILE.is_file(), reason=f"MODELWRIGHT_SCHEMAS names no folder with {FILE.name}")
def test_names_requirements_and_types_are_those_that_kubernetes_publishes() -> None:
    sdk = find_sdk("pulumi_kubernetes")
    if sdk is None:
        pytest.skip("pulumi_kubernetes is not installed")
    published = json.loads(FILE.read_text(encoding="utf-8"))
    walk = Walk(Sdk(sdk.root, sdk.distribution, sdk.version), published["$defs"])
    different: list[str] = []
    for kind, name in published["kinds"].items():
        version, _, last = kind.rpartition("/")
        token = f"kubernetes:{version if '/' in version else f'core/{version}'}:{last}"
        found = walk.sdk.resource(token)
        assert found is not None, token
        different += walk.object(found, published["$defs"][name], kind, top=True)
    assert different == []
    assert walk.compared > 1000
