"""What was asked and answered, kept: rows gathered in memory and written to the control store by a thread.

A row is written within 5 seconds or with the thousandth; SIGKILL loses at most that. A store that fails never fails a
request: rows are kept and tried again, the oldest dropped beyond 50,000, and both are counted.
"""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from modelwright.canonical import timestamp
from modelwright.errors import ModelwrightError
from modelwright.store import Store
from modelwright.workload.ids import share, uuid7

WITHIN = 5.0
"""Seconds after which a row is in the store, unless that takes longer than `_MARGIN` to write it."""
_MARGIN = 1.0
ROWS = 1_000
MOST = 50_000
_WRITERS = 8
_LOG = logging.getLogger("modelwright.capture")


@dataclass(frozen=True, slots=True)
class Captured:
    """One row as it is kept; `at` decides on its partition. `extra` holds what only some rows have."""

    id: str
    at: datetime
    received: datetime
    keys: Mapping[str, Any]
    inputs: Mapping[str, Any]
    output: Mapping[str, Any]
    flags: Iterable[str]
    ms: float
    extra: Mapping[str, Any] = field(default_factory=dict)

    def line(self, origin: Mapping[str, Any]) -> bytes:
        """Return the row as one line of JSON."""
        document = {
            "id": self.id,
            "at": timestamp(self.at),
            "received": timestamp(self.received),
            **origin,
            "keys": self.keys,
            "inputs": self.inputs,
            "output": self.output,
            "flags": list(self.flags),
            "ms": round(self.ms, 3),
            **self.extra,
        }
        return msgspec.json.encode(document) + b"\n"


class Capture:
    """Gathers rows of one server and writes them; `origin` is what all its rows say: release, version, variant."""

    def __init__(self, store: Store, *, endpoint: str, origin: Mapping[str, Any], fraction: float = 1.0) -> None:
        self._store = store
        self._endpoint = endpoint
        self._origin = dict(origin)
        self._fraction = fraction
        self._server = f"{origin.get('variant') or 'server'}-{uuid7().replace('-', '')[:20]}"
        self._rows: deque[Captured] = deque()
        self._number = 0
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self.counts = {"rows": 0, "written": 0, "dropped": 0, "failures": 0}

    def start(self) -> None:
        """Start writing in the background."""
        self._thread.start()

    def wants(self, identifier: str) -> bool:
        """Return whether the row of this id belongs to the captured fraction; the same id always gets one answer."""
        return self._fraction >= 1.0 or share(identifier) < self._fraction

    def add(self, rows: Iterable[Captured]) -> None:
        """Keep rows; never blocks on the store."""
        before = len(self._rows)
        self._rows.extend(rows)
        self.counts["rows"] += len(self._rows) - before
        while len(self._rows) > MOST:
            self._rows.popleft()
            self.counts["dropped"] += 1
        if len(self._rows) >= ROWS:
            self._wake.set()

    @property
    def pending(self) -> int:
        """How many rows are not yet in the store."""
        return len(self._rows)

    def flush(self) -> int:
        """Write everything gathered so far and return how many rows were; what fails stays for the next time."""
        with self._writing:
            taken = [self._rows.popleft() for _ in range(len(self._rows))]
            named = [(self._key(partition), rows) for partition, rows in _partitions(taken).items()]
            if len(named) > 1:  # a store that syncs does so for many objects at once about as fast as for one
                with ThreadPoolExecutor(min(_WRITERS, len(named))) as pool:
                    written = sum(pool.map(lambda item: self._write(*item), named))
            else:
                written = sum(self._write(*item) for item in named)
            self.counts["written"] += written
            return written

    def _write(self, key: str, rows: list[Captured]) -> int:
        try:
            data = gzip.compress(b"".join(row.line(self._origin) for row in rows), compresslevel=5, mtime=0)
            if not self._store.create(key, data):
                raise FileExistsError(key)
        except (TypeError, ValueError) as error:
            self.counts["dropped"] += len(rows)
            _LOG.error("rows that JSON cannot hold: %s", error)
            return 0
        except (OSError, ModelwrightError) as error:
            self.counts["failures"] += 1
            self._rows.extendleft(reversed(rows))
            _LOG.error("capture cannot be written: %s", error)
            return 0
        return len(rows)

    def _key(self, partition: str) -> str:
        self._number += 1
        return f"capture/{self._endpoint}/{partition}/{self._server}-{self._number}.jsonl.gz"

    def _run(self) -> None:
        due = time.monotonic() + WITHIN - _MARGIN
        while not self._closing:
            self._wake.wait(max(0.0, due - time.monotonic()))
            self._wake.clear()
            due = time.monotonic() + WITHIN - _MARGIN  # what comes while the others are written is as old as they then
            self.flush()

    def close(self) -> None:
        """Write what is left and stop."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(30.0)
        self.flush()


def _partitions(rows: Iterable[Captured]) -> dict[str, list[Captured]]:
    found: dict[str, list[Captured]] = {}
    for row in rows:
        found.setdefault(row.at.astimezone(UTC).strftime("dt=%Y-%m-%d/hh=%H"), []).append(row)
    return found
