"""Truth: what came of a prediction, written when it is known and joined by the endpoint's keys.

The last received one counts, so a correction is just another row.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from modelwright.canonical import canonical, timestamp
from modelwright.errors import DataError
from modelwright.store import Store

_LOG = logging.getLogger("modelwright.truth")


@dataclass(frozen=True, slots=True)
class Truth:
    """One row: its label, what else is known, when it was received, and the object that holds it."""

    label: Any
    attributes: Mapping[str, Any]
    received: datetime
    source: str


class _Line(msgspec.Struct):
    keys: dict[str, Any]
    label: Any
    received: datetime
    attributes: dict[str, Any] = {}  # msgspec copies the default for each row


def write_truth(store: Store, endpoint: str, rows: Iterable[Mapping[str, Any]], received: datetime) -> str | None:
    """Store rows of `keys`, `label` and optional `attributes`; return the object's key, None without rows.

    The object's name comes from its content, so a call that is repeated adds nothing. Raises `DataError` for a row
    without keys or label.
    """
    lines = [canonical(_document(row, number, received)) for number, row in enumerate(rows)]
    if not lines:
        return None
    data = gzip.compress(b"\n".join(lines) + b"\n", mtime=0)
    name = uuid.UUID(bytes=hashlib.sha256(data).digest()[:16], version=5)
    key = f"truth/{endpoint}/dt={timestamp(received)[:10]}/{name}.jsonl.gz"
    store.create(key, data)
    return key


def _document(row: Mapping[str, Any], number: int, received: datetime) -> dict[str, Any]:
    if not row.get("keys"):
        raise DataError(f"row {number} of the truth has no keys")
    if "label" not in row:
        raise DataError(f"row {number} of the truth has no label", remedy="leave rows out whose truth is unknown")
    keys = {name: _plain(value) for name, value in row["keys"].items()}
    attributes = {name: _plain(value) for name, value in (row.get("attributes") or {}).items()}
    return {"keys": keys, "label": _plain(row["label"]), "attributes": attributes, "received": timestamp(received)}


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if value != value else value  # noqa: PLR0124  NaN is a null


class TruthReader:
    """The truth of one endpoint, each object read once."""

    def __init__(self, store: Store, endpoint: str, keys: Sequence[str]) -> None:
        self._store = store
        self._keys = tuple(keys)
        self._names = store.keys(f"truth/{endpoint}/")
        self._read: set[str] = set()
        self._known: dict[tuple[Any, ...], list[Truth]] = {}

    def listing(self, since: datetime) -> list[str]:
        """Return the keys of the objects received on or after a day."""
        day = f"dt={timestamp(since)[:10]}"
        return [name for name in self._names if name.split("/")[-2] >= day]

    def load(self, since: datetime) -> None:
        """Read what was received on or after a day, unless it was read before."""
        for name in self.listing(since):
            if name in self._read:
                continue
            self._read.add(name)
            try:
                lines = list(lines_of(self._store, name, _Line))
            except DataError as error:
                # One torn object must not hide the labels of all others.
                _LOG.warning("%s", error)
                continue
            for line in lines:
                truth = Truth(line.label, line.attributes, line.received, name)
                self._known.setdefault(key_of(line.keys, self._keys), []).append(truth)

    def get(self, key: tuple[Any, ...], until: datetime) -> Truth | None:
        """Return the last truth that was received up to a moment, None where there is none or its label is null."""
        best: Truth | None = None
        for truth in self._known.get(key, ()):
            if truth.received <= until and (best is None or truth.received >= best.received):
                best = truth
        return None if best is None or best.label is None else best


def key_of(keys: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
    """Return the values by which a row and its truth find each other."""
    return tuple(_hashable(keys.get(name)) for name in names)


def _hashable(value: Any) -> Any:
    return canonical(value) if isinstance(value, list | dict) else value


def lines_of(store: Store, key: str, kind: type[Any]) -> Iterator[Any]:
    """Yield an object's JSON lines as structs. Raises `DataError` naming an object that cannot be read."""
    data = store.get(key)
    if data is None:
        return
    decoder = msgspec.json.Decoder(kind)
    try:
        for line in gzip.decompress(data).splitlines():
            yield decoder.decode(line)
    except (OSError, EOFError, msgspec.MsgspecError) as error:
        raise DataError(f"cannot be read: {error}", where=key) from error
