"""What is said of a difference: the path to it, what was expected there, what was found, and the nearest name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from modelwright.assembly.value import Given, Join, Json, Lookup, Ref, SecretRef, Value
from modelwright.contract.schema.shape import Asset, Choice, ListOf, Made, MapOf, ObjectOf, OneOf, Scalar, Shape
from modelwright.errors import did_you_mean

_KEY = re.compile(r"[A-Za-z_$][\w$-]*")
_LONGEST = 40
_MOST = 8
_SCALARS = {"str": "a string", "int": "a whole number", "float": "a number", "bool": "true or false"}

Kind = Literal["token", "unknown", "missing", "type", "enum", "union", "unread"]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One difference between a resource and its schema, at a path within the resource's inputs.

    `sure` is False where the SDK lists the values that it knows and takes others too, and where its source could not be
    understood, so that nothing is passed in silence.
    """

    path: str
    kind: Kind
    expected: str
    found: str
    hint: str = ""
    sure: bool = True

    @property
    def place(self) -> str:
        """The path without the numbers of lists."""
        return re.sub(r"\[\d+\]", "", self.path)

    def __str__(self) -> str:
        said = {
            "token": f"{self.found} is no resource of {self.expected}",
            "unknown": f"{self.path} is no input of the resource",
            "unread": f"{self.path or 'it'} was not checked: {self.found} could not be understood",
            "missing": f"{self.path} is missing: expected {self.expected}",
        }.get(self.kind, f"{self.path}: expected {self.expected}, found {self.found}")
        return f"{said} ({self.hint})" if self.hint else said


def below(path: str, name: str) -> str:
    """Return the path of an object's input."""
    if not _KEY.fullmatch(name):
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


def near(word: str, choices: Iterable[str]) -> str:
    """Return the nearest of some words as a question, or nothing where none is near."""
    said = did_you_mean(word, choices)
    return said if said.startswith("did you mean") else ""


def expected(shape: Shape) -> str:
    """Return what a shape expects, in words."""
    match shape:
        case Scalar(name):
            return _SCALARS[name]
        case ListOf(item):
            return f"a list ({expected(item)} each)"
        case MapOf(value):
            return f"an object ({expected(value)} each)"
        case Choice(words):
            return _one_of([repr(word) for word in words])
        case OneOf(branches):
            return " or ".join(expected(branch) for branch in branches)
    return _named(shape)


def _named(shape: Shape) -> str:
    match shape:
        case ObjectOf(name):
            return f"an object ({name.rpartition(':')[2].removesuffix('Args')})"
        case Made(name):
            return f"a reference to a {name.rpartition(':')[2]}"
    return "an asset or archive" if isinstance(shape, Asset) else "anything"


def _one_of(words: list[str]) -> str:
    rest = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return f"one of {', '.join(words[:_MOST])}{rest}" if len(words) > 1 else "".join(words)


def found(value: Value) -> str:
    """Return what was found, in words; a long text by its length only."""
    said = {True: "true", False: "false", None: "null"}
    if value is None or isinstance(value, bool):
        return said[value]
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"a string of {len(value)} characters"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else _later(value)


def _later(value: Value) -> str:
    match value:
        case Join() | Json():
            return "a string made of others"
        case SecretRef(name):
            return f"the content of the secret {name!r}"
        case Ref(resource, output):
            return f"{resource}.{output}"
        case Lookup(name) | Given(name):
            return name
    return repr(value)
