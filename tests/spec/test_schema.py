from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.spec.samples import FLIGHTS, everything

from modelwright import load_project
from modelwright.spec.schema import project_schema

SCHEMA = project_schema()
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
    "array": (list,), "object": (dict,),
}  # fmt: skip


def violations(value: Any, schema: Mapping[str, Any], path: str = "$") -> Iterator[str]:
    """Yield where a value does not follow a schema, by the rules of draft 2020-12 for the keywords in use."""
    if "$ref" in schema:
        yield from violations(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], path)
    if "anyOf" in schema and all(list(violations(value, option)) for option in schema["anyOf"]):
        yield f"{path}: none of {len(schema['anyOf'])} alternatives"
    wrong = list(_scalar(value, schema, path))
    yield from wrong
    if wrong:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from violations(item, schema.get("items", {}), f"{path}[{index}]")
    if isinstance(value, dict):
        yield from _fields(value, schema, path)


def _scalar(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is not in {schema['enum']}"
    if "type" in schema:
        kinds = _TYPES[schema["type"]]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            yield f"{path}: {value!r} is no {schema['type']}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r} does not match"
    if isinstance(value, int | float) and value < schema.get("minimum", value):
        yield f"{path}: {value} is too small"


def _fields(value: dict[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (f"{path}.{name}: is missing" for name in schema.get("required", ()) if name not in value)
    for name, item in value.items():
        if name in known or isinstance(rest, dict):
            yield from violations(item, known.get(name, rest), f"{path}.{name}")
        elif rest is False:
            yield f"{path}.{name}: is not allowed"


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("project", [load_project(FLIGHTS), everything()], ids=lambda project: project.name)
def test_the_document_of_a_project_follows_the_schema(project: Any, environment: str) -> None:
    assert list(violations(project.for_environment(environment).document(), SCHEMA)) == []


def test_what_does_not_follow_it_is_found() -> None:
    document = load_project(FLIGHTS).for_environment("dev").document()
    document["resources"]["lake"]["versioned"] = "yes"
    assert list(violations(document, SCHEMA)) == ["$.resources.lake: none of 7 alternatives"]


def test_the_defaults_in_the_schema_follow_it() -> None:
    wrong = [
        found
        for name, definition in SCHEMA["$defs"].items()
        for field, schema in definition["properties"].items()
        if "default" in schema
        for found in violations(schema["default"], schema, f"{name}.{field}")
    ]
    assert wrong == []


def test_every_field_says_what_it_means() -> None:
    silent = [
        f"{name}.{field}"
        for name, definition in SCHEMA["$defs"].items()
        for field, schema in definition["properties"].items()
        if field != "kind" and not schema.get("description")
    ]
    assert silent == []


def test_the_schema_is_plain_json_of_draft_2020_12() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert all(
        definition["title"] == name and definition["description"] for name, definition in SCHEMA["$defs"].items()
    )
