"""The heads of all streams, written down day by day, so that a lost tail or a rewritten chain is noticed.

A chain shows an edit in its middle by itself; only a witness outside the stream can show that its end is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from modelwright.canonical import canonical, check_schema, digest, timestamp
from modelwright.clock import Clock
from modelwright.errors import IntegrityError
from modelwright.ledger.stream import event_key, stored_events
from modelwright.store import Store

FOLDER = "heads/"
_NEWEST = 1


@dataclass(frozen=True, slots=True)
class Head:
    """A stream's last event: its number and the digest of its bytes."""

    seq: int
    digest: str


def heads(store: Store) -> dict[str, Head]:
    """Return every stream's head as stored now."""
    found = {}
    for stream, numbers in sorted(stored_events(store).items()):
        head = _head_at(store, stream, numbers[-1])
        if head is not None:
            found[stream] = head
    return found


def write_heads(store: Store, clock: Clock) -> str:
    """Write `heads/<date>.json`, chained to the newest day before it, and return its digest, to print or to sign.

    A day's file is replaced by later ones of that day. Raises `IntegrityError` when a head that was written down
    before is no longer in its stream: then nothing is written, and the witness stays. Before the first event there is
    nothing to witness, and an environment without one holds no data.
    """
    now = clock.now()
    written = read_heads(store)
    for key, day in written.items():
        _refuse_lost(store, key, day)
    today = f"{FOLDER}{timestamp(now)[:10]}.json"
    before = [key for key in written if key < today]
    document = {
        "schema": f"modelwright.heads/{_NEWEST}",
        "at": timestamp(now),
        "prev": digest(store.get(before[-1]) or b"") if before else "",
        "streams": {name: {"seq": head.seq, "digest": head.digest} for name, head in heads(store).items()},
    }
    data = canonical(document)
    if written or document["streams"]:
        store.put(today, data)
    return digest(data)


def read_heads(store: Store) -> dict[str, dict[str, Head]]:
    """Return the heads of each day that was written, by key, oldest first.

    Raises `IntegrityError` for a file that is no heads document, `FormatVersionError` for a newer one.
    """
    return {key: parse_heads(store.get(key) or b"", key)[1] for key in store.keys(FOLDER)}


def parse_heads(data: bytes, key: str) -> tuple[str, dict[str, Head]]:
    """Read one day's document: the digest of the day before it ("" for the first), and the streams' heads."""
    try:
        document: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
        check_schema(document, "heads", _NEWEST)
        return str(document["prev"]), msgspec.convert(document["streams"], dict[str, Head])
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        raise IntegrityError(
            f"not a heads document: {error}",
            where=key,
            remedy="restore it from a copy; `modelwright ledger verify` says what else is wrong",
        ) from error


def _head_at(store: Store, stream: str, seq: int) -> Head | None:
    data = store.get(event_key(stream, seq))
    return None if data is None else Head(seq, digest(data))


def _refuse_lost(store: Store, key: str, day: Mapping[str, Head]) -> None:
    for stream, head in day.items():
        if _head_at(store, stream, head.seq) != head:
            raise IntegrityError(
                f"{stream}#{head.seq} is missing or not what was written down in {key}",
                where=stream,
                remedy="run `modelwright ledger verify`",
            )
