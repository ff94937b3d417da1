"""A stream's events in one object, so that opening a long stream is one read.

It is a cache and never authoritative: it holds the events' own bytes, and is believed only where its last one is, byte
for byte, the original at that place. The chain of digests then vouches for all before it. Anything else is ignored.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec

from modelwright.canonical import digest
from modelwright.errors import IntegrityError, ModelwrightError, ProviderError
from modelwright.ledger.event import Event
from modelwright.store import Store

EVERY = 64
NAME = "snapshot.json"
_SCHEMA = "modelwright.snapshot/1"


class _Document(msgspec.Struct):
    schema: str
    events: list[msgspec.Raw]


class Chain:
    """Events in order, each chained to the one before, with their bytes."""

    __slots__ = ("events", "head", "raw", "stream")

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.events: list[Event] = []
        self.raw: list[bytes] = []
        self.head = ""

    def add(self, data: bytes, *, where: str) -> Event:
        """Append stored bytes. Raises `IntegrityError` where they are not the next event of this stream."""
        event = Event.from_bytes(data, where=where)
        expected = len(self.events) + 1
        if (event.stream, event.seq) != (self.stream, expected):
            raise IntegrityError(f"expected {self.stream}#{expected}, found {event.reference}", where=where)
        if event.prev != self.head:
            raise IntegrityError(
                f"the chain is broken: prev is {event.prev or 'empty'}, but the event before is {self.head or 'none'}",
                where=where,
                remedy="run `modelwright ledger verify`",
            )
        self.events.append(event)
        self.raw.append(data)
        self.head = digest(data)
        return event


def read_snapshot(store: Store, prefix: str, stream: str) -> Chain | None:
    """Return the snapshot's own chain, or None where there is none that is whole; not compared with the originals."""
    data = store.get(prefix + NAME)
    if data is None:
        return None
    chain = Chain(stream)
    try:
        document = msgspec.json.decode(data, type=_Document)
        for raw in document.events:
            chain.add(bytes(raw), where=NAME)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ModelwrightError):
        return None
    return chain if document.schema == _SCHEMA and chain.events else None


def write_snapshot(store: Store, prefix: str, raw: Sequence[bytes]) -> None:
    """Replace the snapshot. A writer that may not (an approver) or cannot (a full disk) leaves it as it is."""
    head = b'{"schema":"' + _SCHEMA.encode() + b'","events":['
    with contextlib.suppress(OSError, ProviderError):
        store.put(prefix + NAME, head + b",".join(raw) + b"]}")
