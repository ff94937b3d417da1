"""Values as they stand on Pulumi's wire: secrets are objects with a signature, unknown values a sentinel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""Pulumi's own constants: sdk/go/common/resource/sig/sig.go."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""sdk/go/common/resource/plugin/rpc.go: a string not known before the update."""


def from_struct(struct: Struct) -> dict[str, Any]:
    """Return a struct as plain JSON, in which wrapped secrets stay wrapped; whole numbers become integers."""
    found: dict[str, Any] = _whole(MessageToDict(struct))
    return found


def to_struct(values: dict[str, Any]) -> Struct:
    """Return JSON as a struct."""
    struct: Struct = ParseDict(values, Struct())
    return struct


def wrapped(value: Any) -> Any:
    """Return a value as a secret; a secret as it is."""
    return value if is_secret(value) else {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    """Say whether a value is a secret as a whole."""
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def holds_secret(value: Any) -> bool:
    """Say whether a secret stands anywhere in a value."""
    return any(is_secret(part) for part in _parts(value))


def holds_unknown(value: Any) -> bool:
    """Say whether anything in a value is not known yet."""
    return any(part == UNKNOWN for part in _parts(value))


def in_clear(value: Any) -> Any:
    """Return a value as a provider gets it, with secrets unwrapped."""
    if is_secret(value):
        return in_clear(value["value"])
    if isinstance(value, dict):
        return {key: in_clear(item) for key, item in value.items()}
    return [in_clear(item) for item in value] if isinstance(value, list) else value


def shows(message: Message, text: str) -> bool:
    """Say whether a text stands anywhere in a message outside of a wrapped secret."""
    kept = type(message)()
    kept.CopyFrom(message)
    _black_out(kept)
    return text.encode() in kept.SerializeToString()


def _black_out(message: Message) -> None:
    """Empty every wrapped secret in a message, in place, however deep it stands."""
    if isinstance(message, Struct):
        fields = message.fields
        if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET:
            fields.clear()
            return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            inner = [item for item in value.values() if isinstance(item, Message)]
        else:
            inner = list(value) if field.is_repeated else [value]
        for item in inner:
            _black_out(item)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _parts(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(item)
