"""What a provider's SDK says of a value: shapes, as they are kept in memory and in the cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

Word = str | int | float | bool
"""A literal that an enum lists."""


class Scalar(msgspec.Struct, frozen=True, tag="scalar"):
    """A string, whole number, number or truth value."""

    name: Literal["str", "int", "float", "bool"]


class Anything(msgspec.Struct, frozen=True, tag="any"):
    """Any JSON value; `unread` holds an annotation that could not be understood, and is empty for a true `Any`."""

    unread: str = ""


class ListOf(msgspec.Struct, frozen=True, tag="list"):
    """A list of equal things."""

    item: Shape


class MapOf(msgspec.Struct, frozen=True, tag="map"):
    """An object whose keys are free."""

    value: Shape


class ObjectOf(msgspec.Struct, frozen=True, tag="object"):
    """An object of a named type, `module.py:Class` from the SDK's root, which is read when it is needed."""

    of: str


class Choice(msgspec.Struct, frozen=True, tag="choice"):
    """One of the listed words; `open` where the SDK also takes any other string and lists what it knows."""

    words: tuple[Word, ...]
    open: bool = False


class OneOf(msgspec.Struct, frozen=True, tag="oneof"):
    """A value of one of several shapes."""

    branches: tuple[Shape, ...]


class Asset(msgspec.Struct, frozen=True, tag="asset"):
    """A file or archive, which on the wire is an object with a signature."""


class Made(msgspec.Struct, frozen=True, tag="made"):
    """Another resource, which only a reference can be."""

    of: str


Shape = Scalar | Anything | ListOf | MapOf | ObjectOf | Choice | OneOf | Asset | Made


class Input(msgspec.Struct, frozen=True):
    """One input of an object: its shape, and whether it must be there."""

    shape: Shape
    required: bool = False


class Object(msgspec.Struct, frozen=True):
    """A type's inputs by their names on the wire; `open` where names that the SDK does not list are allowed."""

    inputs: Mapping[str, Input]
    open: bool = False


def one_of(branches: Iterator[Shape]) -> Shape:
    """Return the shape of a union: nested ones flat, and a string beside an enum as an open enum."""
    flat: list[Shape] = []
    for branch in branches:
        flat += branch.branches if isinstance(branch, OneOf) else [branch]
    text = Scalar("str")
    if text in flat and any(isinstance(branch, Choice) for branch in flat):
        flat = [Choice(branch.words, open=True) if isinstance(branch, Choice) else branch for branch in flat]
        flat.remove(text)
    return flat[0] if len(flat) == 1 else OneOf(tuple(dict.fromkeys(flat)))
