"""The one JSON spelling of values, both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from modelwright.assembly.nodes import Given, Join, Json, Lookup, Node, Ref, SecretRef, Slot, Value, freeze, walk
from modelwright.errors import UsageError


def to_json(value: Value) -> Any:
    """Return a value's JSON spelling."""
    return walk(value, spell, key=lambda key: f"${key}" if key.startswith("$") else key)


def spell(node: Node, content: Any) -> dict[str, Any]:
    """Return the JSON of a node whose content is spelled already."""
    match node:
        case Ref(resource, output):
            content = f"{resource}.{output}"
        case Lookup(function):
            content = {"function": function, "args": content}
        case SecretRef(name) | Slot(name) | Given(name):
            content = name
    return {_TAGS[type(node)]: content}


_TAGS: Mapping[type[Node], str] = {
    Ref: "$ref",
    Join: "$join",
    Json: "$json",
    SecretRef: "$secret",
    Lookup: "$lookup",
    Given: "$given",
    Slot: "$slot",
}


def from_json(document: Any) -> Value:
    """Return the value of a JSON spelling. Raises `UsageError` for an unknown or malformed node."""
    if isinstance(document, Mapping):
        if any(key.startswith("$") and not key.startswith("$$") for key in document):
            return _read(document)
        return MappingProxyType(
            {key.removeprefix("$") if key.startswith("$$") else key: from_json(item) for key, item in document.items()}
        )
    if isinstance(document, list | tuple):
        return tuple(from_json(item) for item in document)
    return freeze(document)


def _read(document: Mapping[str, Any]) -> Node:
    tag, content = next(iter(document.items()))
    reader = _READERS.get(tag)
    if len(document) != 1 or reader is None:
        raise UsageError(
            f"{dict(document)!r} is not a node of the value language", remedy=f"nodes: {', '.join(_READERS)}"
        )
    try:
        return reader(content)
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(f"{tag} cannot hold {content!r}") from error


def _named(node: Callable[[str], Node]) -> Callable[[Any], Node]:
    def read(content: Any) -> Node:
        if not isinstance(content, str) or not content:
            raise TypeError
        return node(content)

    return read


def _read_ref(content: Any) -> Node:
    resource, _, output = str(content).partition(".")
    return Ref(resource, output)


def _read_lookup(content: Any) -> Node:
    if not isinstance(content, Mapping) or content.keys() != {"function", "args"}:
        raise TypeError
    return Lookup(content["function"], from_json(content["args"]))


def _read_join(content: Any) -> Node:
    if not isinstance(content, list | tuple):
        raise TypeError
    return Join(from_json(content))


_READERS: Mapping[str, Callable[[Any], Node]] = {
    "$ref": _read_ref,
    "$join": _read_join,
    "$json": lambda content: Json(from_json(content)),
    "$secret": _named(SecretRef),
    "$lookup": _read_lookup,
    "$given": _named(Given),
    "$slot": _named(Slot),
}
