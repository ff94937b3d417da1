"""The value language in a Pulumi program: nodes become Outputs, and one secret makes secret all that it stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pulumi
from pulumi.output import UNKNOWN, Unknown

from modelwright.assembly.value import (
    Given,
    Join,
    Json,
    Lookup,
    Node,
    Ref,
    SecretRef,
    Slot,
    Value,
    evaluate,
    nodes,
    to_json,
    walk,
)
from modelwright.canonical import canonical
from modelwright.errors import UsageError
from modelwright.pulumi.registered import Registered

Input = Any
"""Plain JSON, in which Outputs may stand."""


class Resolver:
    """Interprets values; resources are looked up when a reference to them is met, so they may still be coming."""

    def __init__(
        self,
        registered: Mapping[str, Registered],
        *,
        given: Callable[[str], Input],
        secret: Callable[[str], pulumi.Output[str]],
        lookup: Callable[[str, Input], pulumi.Output[Any]],
    ) -> None:
        self._registered = registered
        self._given, self._secret, self._lookup = given, secret, lookup
        self._asked: dict[bytes, pulumi.Output[Any]] = {}

    def __call__(self, value: Value) -> Input:
        """Return a value as an input of a resource. Raises `UsageError` for a slot: only requests have them."""
        return walk(value, self._interpret)

    def when_known(self, values: Sequence[Value], finish: Callable[[Callable[[Value], Value]], Any]) -> Input:
        """Return what `finish(resolve)` returns once everything in `values` that is to be known is known.

        `resolve` answers references, lookups and given values in any of them; slots stay open, secrets stay names.
        What is made of them is kept in clear, so an answer that turns out secret is a `UsageError`.
        """
        leaves = {
            _key(node): node for value in values for node in nodes(value) if isinstance(node, Ref | Lookup | Given)
        }
        answers = {name: _in_clear(self(leaf), leaf) for name, leaf in leaves.items()}

        def finished(known: Sequence[Any]) -> Any:
            table = dict(zip(answers, known, strict=True))
            return finish(lambda value: _answered(value, table))

        return lifted(list(answers.values()), finished)

    def _interpret(self, node: Node, content: Any) -> Input:
        match node:
            case Ref():
                return self._output(node)
            case Join():
                return lifted(content, lambda parts: _evaluated(Join(tuple(parts))))
            case Json():
                return lifted(content, lambda value: _evaluated(Json(value)))
            case SecretRef(name):
                return self._secret(name)
            case Given(path):
                return self._given(path)
            case Lookup(function):
                return self._look_up(node, function, content)
            case Slot(name):
                raise UsageError(f"slot {name!r} stands in a resource: only a request has slots")

    def _look_up(self, node: Node, function: str, args: Input) -> pulumi.Output[Any]:
        """Ask once, however often the same question stands in an assembly."""
        key = _key(node)
        if key not in self._asked:
            self._asked[key] = self._lookup(function, args)
        return self._asked[key]

    def _output(self, ref: Ref) -> pulumi.Output[Any]:
        first, *path = ref.output.split(".")
        output = self._registered[ref.resource].output(first)
        return output.apply(lambda value: _inside(value, path, ref), run_with_unknowns=True)


def lifted(content: Input, finish: Callable[[Any], Any]) -> Input:
    """Return `finish(content)` with the Outputs in it known; as an Output, secret if one of them is, if there are any.

    One Output waits for all of them: lifting every part of a large value by itself takes many times as long.
    """
    found = {id(output): output for output in _outputs(content)}
    if not found:
        return finish(content)
    return pulumi.Output.all(*found.values()).apply(
        lambda known: finish(_filled(content, dict(zip(found, known, strict=True))))
    )


def _in_clear(answer: Input, leaf: Node) -> Input:
    async def checked(output: pulumi.Output[Any]) -> bool:
        if await output.is_secret():
            raise UsageError(
                f"{_key(leaf).decode()} is secret, and the platform record is kept in clear",
                remedy="declare it as Secret(…): the record holds its name only, and it is read at the last moment",
            )
        return True

    if not isinstance(answer, pulumi.Output):
        return answer
    return pulumi.Output.all(answer, checked(answer)).apply(lambda both: both[0])


def _outputs(content: Input) -> Iterator[pulumi.Output[Any]]:
    if isinstance(content, pulumi.Output):
        yield content
    elif isinstance(content, dict | list):
        for item in content.values() if isinstance(content, dict) else content:
            yield from _outputs(item)


def _filled(content: Input, known: Mapping[int, Any]) -> Any:
    if isinstance(content, pulumi.Output):
        return known[id(content)]
    if isinstance(content, dict):
        return {key: _filled(item, known) for key, item in content.items()}
    return [_filled(item, known) for item in content] if isinstance(content, list) else content


def _evaluated(value: Value) -> Value:
    return evaluate(value, lambda node: node)


def _answered(value: Value, table: Mapping[bytes, Any]) -> Value:
    def answer(node: Node, content: Any) -> Any:
        match node:
            case Join():
                return Join(tuple(content))
            case Json():
                return Json(content)
            case SecretRef() | Slot():
                return node
        return table[_key(node)]

    return _evaluated(walk(value, answer))


def _key(node: Node) -> bytes:
    return canonical(to_json(node))


def _inside(value: Any, path: Sequence[str], ref: Ref) -> Any:
    for part in path:
        if isinstance(value, Unknown):
            break
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, Unknown):
        return UNKNOWN
    if value is None:
        raise UsageError(f"resource {ref.resource} has no output {ref.output!r}")
    return value
