"""One decision as it is stored: `modelwright.event/1`, canonical JSON, chained to the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

import msgspec

from modelwright.canonical import canonical, check_schema, digest, timestamp
from modelwright.errors import DataError, IntegrityError
from modelwright.ledger.actor import Actor

__all__ = ["Actor", "Draft", "Event"]

NEWEST = 1
SCHEMA = f"modelwright.event/{NEWEST}"
BODY_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that has been decided and has no place in its stream yet.

    `key` names the decision: a second draft with the same key is the same decision, and is never written twice.
    `body` is JSON of at most 64 KiB; larger evidence is stored as an object and named by its digest.
    """

    kind: str
    body: Mapping[str, Any]
    key: str
    reason: str = ""
    cause: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.kind or not self.key:
            raise DataError("an event needs a kind and a key", where=self.kind or self.key)
        size = len(canonical(self.body))
        if size > BODY_LIMIT:
            raise DataError(
                f"the body of {self.kind} has {size} bytes; at most {BODY_LIMIT} are allowed",
                remedy="store the evidence as an object and give its digest",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a stream. `at` is the decision's clock, `recorded` wall time; `prev` is "" for the first."""

    stream: str
    seq: int
    prev: str
    kind: str
    key: str
    at: datetime
    recorded: datetime
    actor: Actor
    reason: str = ""
    cause: tuple[str, ...] = ()
    platform: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    schema: str = SCHEMA

    @property
    def reference(self) -> str:
        """How another event's `cause` names this one: `<stream>#<seq>`."""
        return f"{self.stream}#{self.seq}"

    @property
    def digest(self) -> str:
        """The digest that the next event's `prev` repeats."""
        return digest(self.to_bytes())

    def to_json(self) -> dict[str, Any]:
        """Return the event as the JSON document that is stored."""
        return {
            "schema": self.schema,
            "stream": self.stream,
            "seq": self.seq,
            "prev": self.prev,
            "kind": self.kind,
            "key": self.key,
            "at": timestamp(self.at),
            "recorded": timestamp(self.recorded),
            "actor": {"id": self.actor.id, "via": self.actor.via, "kind": self.actor.kind},
            "reason": self.reason,
            "cause": list(self.cause),
            "platform": self.platform,
            "body": self.body,
            "by": self.by,
        }

    def to_bytes(self) -> bytes:
        """Return the stored bytes."""
        return canonical(self.to_json())

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str = "") -> Event:
        """Read a stored event.

        Raises `FormatVersionError` for one written by a newer modelwright, `IntegrityError` for what is no event.
        """
        try:
            event = _DECODER.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            _refuse(data, where, str(error))
        if event.schema != SCHEMA:
            check_schema({"schema": event.schema, "by": event.by}, "event", NEWEST)
        return event

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Event:
        """Read an event from the JSON document that `to_json` returns."""
        return cls.from_bytes(canonical(document))


def merged(events: Iterable[Event]) -> list[Event]:
    """Return events of several streams as one history, by the time of recording.

    A stream is never turned against its own numbers: where a clock was set back, what came later stays later.
    """
    latest: dict[str, datetime] = {}
    placed = []
    for event in sorted(events, key=lambda event: (event.stream, event.seq)):
        latest[event.stream] = max(event.recorded, latest.get(event.stream, event.recorded))
        placed.append((latest[event.stream], event.stream, event.seq, event))
    return [event for *_, event in sorted(placed, key=lambda item: item[:3])]


_DECODER = msgspec.json.Decoder(Event)


def _refuse(data: bytes, where: str, reason: str) -> NoReturn:
    """Say why bytes are no event: a newer format first, because its fields may well be unknown here."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        document = None
    if isinstance(document, dict) and str(document.get("schema")).startswith("modelwright.event/"):
        check_schema(document, "event", NEWEST)
    raise IntegrityError(f"not an event: {reason}", where=where, remedy="run `modelwright ledger verify`")
