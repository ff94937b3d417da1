"""Valid inputs made from a schema, and mistakes planted in them: each breaks one place, and one only."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from modelwright.assembly.value import Ref
from modelwright.contract.schema import Sdk
from modelwright.contract.schema.shape import (
    Anything,
    Asset,
    Choice,
    ListOf,
    MapOf,
    Object,
    ObjectOf,
    OneOf,
    Scalar,
    Shape,
)

_DEEPEST = 5
_WRONG = {"str": 7, "int": "seven", "float": "half", "bool": "yes"}
Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """What was planted: its kind, where, and the inputs that have it."""

    kind: str
    path: str
    inputs: dict[str, Any]


class Maker:
    """Makes inputs for the resources of an SDK, from a source of randomness."""

    def __init__(self, sdk: Sdk, random: Random, *, nodes: bool = True) -> None:
        self.sdk = sdk
        self.random = random
        self.nodes = nodes

    def inputs(self, token: str) -> dict[str, Any]:
        """Return inputs that a resource may have."""
        shape = self.sdk.resource(token)
        assert shape is not None, token
        return self._object(shape, 0)

    def mistakes(self, token: str, inputs: dict[str, Any]) -> Iterator[Mistake]:
        """Yield inputs with one mistake each, of every kind that they offer a place for."""
        shape = self.sdk.resource(token)
        assert shape is not None, token
        for kind, places in _sorted(self._places(inputs, shape, ())).items():
            keys, wrong = self.random.choice(places)
            broken = copy.deepcopy(inputs)
            holder: Any = broken
            for key in keys[:-1]:
                holder = holder[key]
            if kind == "missing":
                del holder[keys[-1]]
            else:
                holder[keys[-1]] = wrong
            yield Mistake(kind, spelled(keys), broken)

    def _object(self, shape: Object, depth: int) -> dict[str, Any]:
        free = [name for name, given in shape.inputs.items() if not given.required and self._endable(given.shape)]
        most = 4 if depth < _DEEPEST else 0
        chosen = {*self.random.sample(free, min(len(free), self.random.randint(0, most)))}
        wanted = [name for name, given in shape.inputs.items() if given.required or name in chosen]
        return {name: self.value(shape.inputs[name].shape, depth + 1) for name in wanted}

    def _endable(self, shape: Shape) -> bool:
        """Return whether a value can be made: only a reference is another resource, only an engine makes assets."""
        if isinstance(shape, OneOf):
            return any(self._endable(branch) for branch in shape.branches)
        return isinstance(shape, Scalar | Anything | Choice | ListOf | MapOf | ObjectOf) or self.nodes

    def value(self, shape: Shape, depth: int) -> Any:
        """Return a value of a shape."""
        if isinstance(shape, OneOf):
            return self.value(self.random.choice([each for each in shape.branches if self._endable(each)]), depth)
        return self._whole(shape, depth) if isinstance(shape, ListOf | MapOf | ObjectOf) else self._leaf(shape)

    def _whole(self, shape: ListOf | MapOf | ObjectOf, depth: int) -> Any:
        if isinstance(shape, ObjectOf):
            return self._object(self.sdk.object(shape.of), depth)
        if isinstance(shape, MapOf):
            return {self.random.choice(["a", "b.c/d"]): self.value(shape.value, depth)}
        return [self.value(shape.item, depth) for _ in range(self.random.randint(0 if depth > _DEEPEST else 1, 2))]

    def _leaf(self, shape: Shape) -> Any:
        match shape:
            case Scalar(name):
                return {"str": "text", "int": self.random.randint(0, 99), "float": 0.5, "bool": True}[name]
            case Choice(words):
                return self.random.choice(words)
            case Asset():
                return {"4dabf18193072939515e22adb298388d": "an asset's signature"}
        return {"any": [1, "thing"]} if isinstance(shape, Anything) else Ref("other", "id")

    def _places(self, value: Any, shape: Shape | Object, at: Keys) -> Iterator[tuple[str, Keys, Any]]:
        """Yield every place for a mistake: its kind, where, and what to put there."""
        match shape:
            case ObjectOf(name):
                yield from self._places(value, self.sdk.object(name), at)
            case Object(inputs):
                yield from self._named(value, shape, at)
                for name, item in value.items():
                    yield from self._places(item, inputs[name].shape, (*at, name))
            case ListOf(inner) | MapOf(inner):
                for key, each in value.items() if isinstance(value, dict) else enumerate(value):
                    yield from self._places(each, inner, (*at, key))
            case Scalar(name):
                yield "type", at, _WRONG[name]
            case Choice():
                yield "enum", at, "no-such-word"
            case OneOf(branches) if all(isinstance(branch, Scalar) for branch in branches):
                yield "union", at, ["of", "these"]

    def _named(self, value: dict[str, Any], shape: Object, at: Keys) -> Iterator[tuple[str, Keys, Any]]:
        if not shape.open:
            yield "unknown", (*at, "noSuchInput"), "x"
        for name in value:
            if shape.inputs[name].required:
                yield "missing", (*at, name), None


def _sorted(places: Iterator[tuple[str, Keys, Any]]) -> dict[str, list[tuple[Keys, Any]]]:
    kinds: dict[str, list[tuple[Keys, Any]]] = {}
    for kind, keys, wrong in places:
        kinds.setdefault(kind, []).append((keys, wrong))
    return kinds


def spelled(keys: Keys) -> str:
    """Return keys as a path, written as a person would write it."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif key == "b.c/d":
            text += '["b.c/d"]'
        else:
            text += f".{key}" if text else key
    return text
