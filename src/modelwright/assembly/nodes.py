"""The closed language of values that stand in resources and requests before everything in them is known.

A value is a JSON value in which seven kinds of node may stand. Each has one JSON spelling, an object with one key:

| node | spelling | what it becomes |
|---|---|---|
| `Ref` | `{"$ref": "lake.uri"}` | an output of another resource |
| `Join` | `{"$join": ["s3://", {"$ref": "lake.name"}]}` | a string, its parts one after the other |
| `Json` | `{"$json": {…}}` | a string holding canonical JSON |
| `SecretRef` | `{"$secret": "slack-hook"}` | a secret's content, read at the last moment and never stored |
| `Lookup` | `{"$lookup": {"function": "…", "args": {…}}}` | the answer of an allow-listed function of the platform |
| `Given` | `{"$given": "network.subnets"}` | a value of the surrounding program |
| `Slot` | `{"$slot": "weight"}` | what only a release or a run knows (requests only) |

A literal key that begins with `$` is spelled with one `$` more. There is one walker; everything else interprets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from modelwright.errors import UsageError

Value = Any
"""A JSON value in which nodes may stand."""


@dataclass(frozen=True, slots=True)
class Ref:
    """An output of another resource; `output` may be a dotted path into it."""

    resource: str
    output: str

    def __post_init__(self) -> None:
        if not self.resource or "." in self.resource or not self.output:
            raise UsageError(f"{self.resource!r}.{self.output!r} is not a reference: use a resource's name, an output")


@dataclass(frozen=True, slots=True)
class Join:
    """A string made of its parts; one secret among them makes all of it secret."""

    parts: tuple[Value, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", freeze(self.parts))


@dataclass(frozen=True, slots=True)
class Json:
    """A string that holds the canonical JSON of a value."""

    value: Value

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", freeze(self.value))


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A secret by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question to the platform, such as who the caller is; engines answer an allow-list only."""

    function: str
    args: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "args", freeze(self.args))


@dataclass(frozen=True, slots=True)
class Given:
    """A value that the surrounding program supplies, by dotted path."""

    path: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A hole in a request, filled when the request is made."""

    name: str


Node = Ref | Join | Json | SecretRef | Lookup | Given | Slot
NODES = (Ref, Join, Json, SecretRef, Lookup, Given, Slot)
_SCALARS = (str, int, float, bool, type(None))
_MAPPINGS = (dict, MappingProxyType, Mapping)  # the abstract one last: it is slow to ask

Interpret = Callable[[Node, Any], Any]
"""Called with a node and its content interpreted already: the parts of a join, the value of a json, a lookup's args."""


def _content(node: Node) -> Value:
    match node:
        case Join(parts):
            return parts
        case Json(value):
            return value
        case Lookup(_, args):
            return args
    return None


def walk(value: Value, interpret: Interpret, key: Callable[[str], str] = str) -> Any:
    """Rebuild a value from its leaves up: nodes become what `interpret` says, keys of literal objects what `key` says.

    Raises `UsageError` for what is neither JSON nor a node.
    """
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, NODES):
        return interpret(value, walk(_content(value), interpret, key))
    if isinstance(value, _MAPPINGS):
        return {key(_text(name)): walk(item, interpret, key) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [walk(item, interpret, key) for item in value]
    raise UsageError(f"{value!r} ({type(value).__name__}) is neither a JSON value nor a node of the value language")


def _text(key: object) -> str:
    if not isinstance(key, str):
        raise UsageError(f"{key!r} is not a string: keys of objects are strings")
    return key


def freeze(value: Value) -> Value:
    """Return a deeply immutable copy: tuples, read-only mappings, nodes. Raises `UsageError` for anything else."""
    if isinstance(value, (*_SCALARS, *NODES)):
        return value
    if isinstance(value, _MAPPINGS):
        return MappingProxyType({_text(key): freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    raise UsageError(f"{value!r} ({type(value).__name__}) is neither a JSON value nor a node of the value language")


def thaw(value: Value) -> Any:
    """Return a value without nodes as plain dicts and lists. Raises `UsageError` for a node."""

    def refuse(node: Node, _: Any) -> Any:
        raise UsageError(f"{node!r} stands where only plain JSON may")

    return walk(value, refuse)


def nodes(value: Value) -> Iterator[Node]:
    """Yield every node in a value, inner ones first."""
    found: list[Node] = []

    def note(node: Node, _: Any) -> None:
        found.append(node)

    walk(value, note)
    return iter(found)


def refs(value: Value) -> frozenset[Ref]:
    """Return the references in a value."""
    return frozenset(node for node in nodes(value) if isinstance(node, Ref))


def slots(value: Value) -> frozenset[str]:
    """Return the names of the slots in a value."""
    return frozenset(node.name for node in nodes(value) if isinstance(node, Slot))


def secrets(value: Value) -> frozenset[str]:
    """Return the names of the secrets in a value; a value with any is secret as a whole."""
    return frozenset(node.name for node in nodes(value) if isinstance(node, SecretRef))
