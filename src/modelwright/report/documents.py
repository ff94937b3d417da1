"""Documents of the control store, read so that a missing or damaged one is a fact and not the end."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from modelwright.canonical import check_schema
from modelwright.errors import IntegrityError, ModelwrightError
from modelwright.store import Store

T = TypeVar("T")

UNREADABLE = (
    ModelwrightError, OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError,
    ArithmeticError, RecursionError,
)  # fmt: skip
"""What reading or showing a damaged document can raise."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be read: where, and why."""

    where: str
    why: str


def reason(error: BaseException) -> str:
    """Return why something could not be read, in a line."""
    said = error.message if isinstance(error, ModelwrightError) else str(error)
    kind = "" if isinstance(error, ModelwrightError) else f"{type(error).__name__}: "
    return f"{kind}{said}"[:500]


@dataclass(frozen=True, slots=True)
class Documents:
    """A store that remembers what it could not read."""

    store: Store
    troubles: dict[str, Trouble] = field(default_factory=dict)

    def attempt(self, where: str, read: Callable[[], T], otherwise: T) -> T:
        """Return what `read` returns; note why it cannot, and return `otherwise`."""
        try:
            return read()
        except UNREADABLE as error:
            self.troubles.setdefault(where, Trouble(where, reason(error)))
            return otherwise

    def json(self, key: str, schema: str = "") -> dict[str, Any] | None:
        """Return a JSON object; None where there is none, or none that can be read."""
        return self.attempt(key, lambda: self._object(key, schema), None)

    def _object(self, key: str, schema: str) -> dict[str, Any] | None:
        data = self.store.get(key)
        if data is None:
            return None
        document = json.loads(gzip.decompress(data) if key.endswith(".gz") else data)
        if not isinstance(document, dict):
            raise IntegrityError(f"not a JSON object but a {type(document).__name__}")
        if schema:
            check_schema(document, schema, 1)
        return document

    def lines(self, key: str) -> list[dict[str, Any]]:
        """Return the objects of a file with one JSON object a line."""
        data = self.attempt(key, lambda: self.store.get(key), None)
        return self.attempt(key, lambda: list(_objects(data or b"")), [])

    def bytes(self, key: str) -> bytes | None:
        """Return an object's bytes; None where there is none, or none that can be read."""
        return self.attempt(key, lambda: self.store.get(key), None)

    def sizes(self, prefix: str) -> list[tuple[str, int]]:
        """Return the keys below a prefix with their sizes."""
        return self.attempt(prefix, lambda: self.store.sizes(prefix), [])


def _objects(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines():
        if line.strip():
            found = json.loads(line)
            if isinstance(found, dict):
                yield found


class Legible:
    """A store that shows only those JSON objects below a prefix that can be read; the others are noted."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._read: dict[str, bytes] = {}

    @property
    def uri(self) -> str:
        """The address of the store."""
        return self._documents.store.uri

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys of what can be read below a prefix."""
        return [key for key in self._documents.store.keys(prefix) if self._legible(key)]

    def _legible(self, key: str) -> bool:
        data = self._documents.bytes(key)
        if data is None or self._documents.attempt(key, lambda: _result(data), None) is None:
            return False
        self._read[key] = data
        return True

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, or None."""
        return self._read.get(key)

    def sizes(self, prefix: str = "") -> list[tuple[str, int]]:
        """Return the keys of what can be read below a prefix, with their sizes."""
        return [(key, len(self._read[key])) for key in self.keys(prefix)]

    def create(self, key: str, data: bytes) -> bool:
        """Refuse: a page is written from what is there."""
        raise IntegrityError(f"{key} ({len(data)} bytes) is not written from a page")

    def put(self, key: str, data: bytes) -> None:
        """Refuse: a page is written from what is there."""
        self.create(key, data)

    def delete(self, key: str) -> None:
        """Refuse: a page is written from what is there."""
        self.create(key, b"")


def _result(data: bytes) -> object:
    from modelwright.workload.monitor.state import result_of

    return result_of(json.loads(data), "")
