"""Values held against shapes: every difference, where it is.

What stands for a value that is known later has no shape of its own. A reference, a lookup and a given value may become
anything and fit everywhere. A join and a json become strings, and a secret's content is text: they fit where a string
does, and may be any member of an enum. A null is as good as nothing: engines leave it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from modelwright.assembly.value import Given, Join, Json, Lookup, Ref, SecretRef, Value
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
from modelwright.contract.schema.wording import Wrong, below, expected, found, near

_LATER = (Ref, Lookup, Given)
_TEXT = (Join, Json, SecretRef)

Look = Callable[[str], Object]
"""Returns the inputs of a nested type by its name."""


def check_object(value: Mapping[str, Value], shape: Object, path: str, look: Look) -> Iterator[Wrong]:
    """Yield what is wrong with an object's inputs."""
    for name, item in _present(value):
        given = shape.inputs.get(name)
        if given:
            yield from check(item, given.shape, below(path, name), look)
        elif not shape.open:
            yield Wrong(below(path, name), "unknown", "no such input", found(item), near(name, shape.inputs))
    for name, given in shape.inputs.items():
        if given.required and value.get(name) is None:
            yield Wrong(below(path, name), "missing", expected(given.shape), "nothing")


def check(value: Value, shape: Shape, path: str, look: Look) -> Iterator[Wrong]:
    """Yield what is wrong with a value."""
    if isinstance(value, _LATER):
        return
    if not _alike(value, shape):
        yield Wrong(path, "type", expected(shape), found(value))
        return
    match shape:
        case Anything(unread) if unread:
            yield Wrong(path, "unread", "a type", unread, sure=False)
        case OneOf():
            yield from _check_union(value, shape, path, look)
        case Choice():
            yield from _check_choice(value, shape, path)
        case ListOf(item) | MapOf(item):
            for place, each in _entries(value, path):
                yield from check(each, item, place, look)
        case ObjectOf(name):
            yield from check_object(value, look(name), path, look)


def _present(value: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    return ((name, item) for name, item in value.items() if item is not None)


def _entries(value: Value, path: str) -> Iterator[tuple[str, Value]]:
    """Yield what a list or an object holds, by its path."""
    if isinstance(value, Mapping):
        return ((below(path, name), item) for name, item in _present(value))
    return ((f"{path}[{place}]", item) for place, item in enumerate(value))


def _alike(value: Value, shape: Shape) -> bool:
    """Return whether a value is of the right outer form."""
    match shape:
        case Anything():
            return True
        case Scalar(name):
            return _is(value, name)
        case Choice(words):
            return any(_is(value, type(word).__name__) for word in words) or (shape.open and _is(value, "str"))
        case OneOf(branches):
            return any(_alike(value, branch) for branch in branches)
        case ListOf():
            return isinstance(value, list | tuple)
    return isinstance(shape, MapOf | ObjectOf | Asset) and isinstance(value, Mapping)


def _is(value: Value, name: str) -> bool:
    """Return whether a value is of a scalar type; a truth value is no number, and a whole number is a number."""
    if name == "str":
        return isinstance(value, (str, *_TEXT))
    if isinstance(value, bool) or name == "bool":
        return isinstance(value, bool) and name == "bool"
    return isinstance(value, int if name == "int" else (int, float))


def _check_choice(value: Value, shape: Choice, path: str) -> Iterator[Wrong]:
    if not isinstance(value, _TEXT) and value not in shape.words:
        hint = near(str(value), [str(word) for word in shape.words])
        yield Wrong(path, "enum", expected(shape), found(value), hint, sure=not shape.open)


def _check_union(value: Value, shape: OneOf, path: str, look: Look) -> Iterator[Wrong]:
    """Yield what is wrong in the only branch that it can be, or that no branch fits, with the nearest."""
    branches = [branch for branch in shape.branches if _alike(value, branch)]
    kinds = [branch for branch in branches if isinstance(branch, ObjectOf)]
    if len(kinds) == len(branches) > 1:
        untold, branches = _told(value, kinds, path, look)
        yield from untold
    wrongs = [list(check(value, branch, path, look)) for branch in branches]
    best = min(wrongs, key=lambda wrong: (any(item.sure for item in wrong), len(wrong)), default=[])
    if len(branches) <= 1 or not any(item.sure for item in best):
        yield from best
    else:
        hint = f"the nearest differs: {best[0]}"
        yield Wrong(path, "union", expected(OneOf(tuple(branches))), found(value), hint)


def _told(
    value: Mapping[str, Value], branches: list[ObjectOf], path: str, look: Look
) -> tuple[list[Wrong], list[Shape]]:
    """Return the branches that are left by an input which has another only value in each, or why there are none."""
    only = [_only(look(branch.of)) for branch in branches]
    names = set.intersection(*map(set, only))
    shared = {name: dict.fromkeys(each[name] for each in only) for name in names}
    for name in sorted(shared, key=lambda name: (-len(shared[name]), name))[:1]:
        words = Choice(tuple(word for each in shared[name] for word in each.words))
        place = below(path, name)
        if value.get(name) is None:
            return [Wrong(place, "missing", expected(words), "nothing")], []
        if wrong := list(check(value[name], words, place, look)):
            return [Wrong(place, "union", item.expected, item.found, item.hint) for item in wrong], []
        fits = [not list(check(value[name], each[name], place, look)) for each in only]
        return [], [branch for branch, fit in zip(branches, fits, strict=True) if fit]
    return [], [*branches]


def _only(shape: Object) -> dict[str, Choice]:
    """Return the inputs of an object that can have one value only."""
    shapes = {name: given.shape for name, given in shape.inputs.items()}
    return {name: it for name, it in shapes.items() if isinstance(it, Choice) and len(it.words) == 1 and not it.open}
