"""What is done with values: references resolved, slots filled, secrets revealed, and the one JSON spelling.

The nodes and the walker stand in `nodes`; every function here is an interpretation of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from modelwright.assembly.nodes import (
    Given,
    Join,
    Json,
    Lookup,
    Node,
    Ref,
    SecretRef,
    Slot,
    Value,
    freeze,
    nodes,
    refs,
    secrets,
    slots,
    thaw,
    walk,
)
from modelwright.canonical import canonical
from modelwright.errors import UsageError, did_you_mean

__all__ = [
    "Given",
    "Join",
    "Json",
    "Lookup",
    "Node",
    "Ref",
    "SecretRef",
    "Slot",
    "Value",
    "evaluate",
    "fill",
    "freeze",
    "from_json",
    "nodes",
    "refs",
    "resolve",
    "reveal",
    "secrets",
    "slots",
    "thaw",
    "to_json",
    "walk",
]

_SCALARS = (str, int, float, bool, type(None))


def evaluate(value: Value, leaf: Callable[[Node], Value]) -> Value:
    """Replace leaves by what `leaf` returns for them (itself if unknown) and collapse joins that became complete."""

    def interpret(node: Node, content: Any) -> Value:
        match node:
            case Join():
                return Join(tuple(content)) if _open(content) else "".join(map(_joined, content))
            case Json():
                return Json(content) if _open(content) else canonical(content).decode()
            case Lookup(function):
                return leaf(Lookup(function, content))
        return leaf(node)

    return walk(value, interpret)


def _open(content: Value) -> bool:
    return next(nodes(content), None) is not None


def _joined(part: Value) -> str:
    if isinstance(part, str):
        return part
    if part is None or not isinstance(part, _SCALARS):
        raise UsageError(f"{part!r} cannot be a part of a string", remedy="join strings, numbers and booleans only")
    return canonical(part).decode()


def resolve(
    value: Value,
    outputs: Callable[[Ref], Value],
    *,
    lookup: Callable[[Lookup], Value] | None = None,
    given: Callable[[Given], Value] | None = None,
) -> Value:
    """Replace references by outputs, and lookups and given values where their functions are handed in."""

    def leaf(node: Node) -> Value:
        match node:
            case Ref():
                return outputs(node)
            case Lookup() if lookup:
                return lookup(node)
            case Given() if given:
                return given(node)
        return node

    return evaluate(value, leaf)


def fill(value: Value, given: Mapping[str, Any]) -> Any:
    """Fill a request's slots and return plain JSON, in which only secrets keep their spelling (see `reveal`).

    Raises `UsageError` for a slot without a value, a value without a slot, or an unresolved reference.
    """
    wanted = slots(value)
    if unknown := sorted(set(given) - wanted):
        hint = did_you_mean(unknown[0], wanted) or "the request has no slots"
        raise UsageError(f"unknown slot {', '.join(unknown)}", remedy=hint)
    if missing := sorted(wanted - set(given)):
        raise UsageError(f"no value for slot {', '.join(missing)}", remedy="every slot of a request needs a value")
    filled = evaluate(value, lambda node: freeze(given[node.name]) if isinstance(node, Slot) else node)
    return walk(_unmistakable(filled), _secret_only)


def _secret_only(node: Node, content: Any) -> Any:
    if isinstance(node, Ref | Lookup | Given):
        raise UsageError(
            f"{_spell(node, content)} is not resolved yet", remedy="fill the requests of a platform record"
        )
    return _spell(node, content)


def _unmistakable(value: Value) -> Value:
    """Refuse a literal object that could be taken for a secret once its escape is gone."""
    if isinstance(value, Mapping):
        if len(value) == 1 and (key := next(iter(value))) in {"$secret", "$join", "$json"}:
            raise UsageError(f"a request cannot hold a literal object whose only key is {key!r}")
        for item in value.values():
            _unmistakable(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _unmistakable(item)
    return value


def reveal(body: Any, read: Callable[[str], str]) -> Any:
    """Put secrets' contents into a filled body, at the last moment before a call: `read(name)` returns one."""

    def put(value: Any) -> Any:
        if isinstance(value, Mapping):
            if value.keys() == {"$secret"}:
                return read(value["$secret"])
            if value.keys() == {"$join"}:
                return "".join(_joined(put(part)) for part in value["$join"])
            if value.keys() == {"$json"}:
                return canonical(put(value["$json"])).decode()
            return {key: put(item) for key, item in value.items()}
        return [put(item) for item in value] if isinstance(value, list | tuple) else value

    return put(body)


def to_json(value: Value) -> Any:
    """Return a value's JSON spelling."""
    return walk(value, _spell, key=lambda key: f"${key}" if key.startswith("$") else key)


def _spell(node: Node, content: Any) -> dict[str, Any]:
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
    if content.keys() != {"function", "args"}:
        raise KeyError
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
