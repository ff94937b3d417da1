"""What is done with values: references resolved, slots filled, secrets revealed.

The nodes and the walker stand in `nodes`, their JSON in `spelling`; every function is an interpretation of the walk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from modelwright.assembly.spelling import from_json, spell, to_json
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
        raise UsageError(f"{spell(node, content)} is not resolved yet", remedy="fill the requests of a platform record")
    return spell(node, content)


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
