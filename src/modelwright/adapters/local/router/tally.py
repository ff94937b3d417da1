"""How variants did, minute by minute on the clock of decisions, kept in SQLite: a kill loses at most a second.

Latencies are counted in buckets that grow by 5 %: a percentile read from them is within 2.5 % of the true one.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

FILE = "measures.sqlite"
_GROWTH = 1.05
_SMALLEST = 0.01
_MINUTE = 60
_CREATE = """CREATE TABLE IF NOT EXISTS minutes (
    minute INTEGER, variant TEXT, requests INTEGER, errors INTEGER, latencies TEXT, PRIMARY KEY (minute, variant))"""


@dataclass(slots=True)
class Bucket:
    """Counts of one variant: requests, those answered 5xx or not at all, and latencies by bucket."""

    requests: int = 0
    errors: int = 0
    latencies: Counter[int] = field(default_factory=Counter)

    def add(self, other: Bucket) -> None:
        """Add another's counts."""
        self.requests += other.requests
        self.errors += other.errors
        self.latencies.update(other.latencies)

    def percentile(self, share: float) -> float:
        """Return a latency in milliseconds; NaN without requests."""
        total = sum(self.latencies.values())
        if not total:
            return math.nan
        rank, seen = math.ceil(share * total), 0
        for bucket in sorted(self.latencies):
            seen += self.latencies[bucket]
            if seen >= rank:
                return _middle(bucket)
        return math.nan


def _bucket(milliseconds: float) -> int:
    return 0 if milliseconds <= _SMALLEST else math.ceil(math.log(milliseconds / _SMALLEST, _GROWTH))


def _middle(bucket: int) -> float:
    return _SMALLEST * math.pow(_GROWTH, bucket - 0.5)


class Tally:
    """Counts in memory what was not written yet; `write` once a second."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._fresh: dict[tuple[int, str], Bucket] = {}
        self.totals: dict[str, Bucket] = {}

    def record(self, variant: str, moment: datetime, status: int, milliseconds: float) -> None:
        """Count one request; status 0 is no answer."""
        key = (int(moment.timestamp()) // _MINUTE, variant)
        failed = status == 0 or status >= 500  # noqa: PLR2004 (HTTP: server errors)
        for bucket in (self._fresh.setdefault(key, Bucket()), self.totals.setdefault(variant, Bucket())):
            bucket.requests += 1
            bucket.errors += failed
            bucket.latencies[_bucket(milliseconds)] += 1

    def write(self) -> None:
        """Add what is fresh to the file. Raises `sqlite3.Error`, and then keeps it for the next time."""
        if not self._fresh:
            return
        with closing(sqlite3.connect(self.path, timeout=5)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            with connection:
                connection.execute(_CREATE)
                for (minute, variant), bucket in self._fresh.items():
                    _add(connection, minute, variant, bucket)
        self._fresh = {}


def _add(connection: sqlite3.Connection, minute: int, variant: str, bucket: Bucket) -> None:
    found = connection.execute(
        "SELECT requests, errors, latencies FROM minutes WHERE minute = ? AND variant = ?", (minute, variant)
    ).fetchone()
    whole = Bucket()
    whole.add(bucket)
    if found is not None:
        whole.add(_stored(*found))
    connection.execute(
        "INSERT OR REPLACE INTO minutes VALUES (?, ?, ?, ?, ?)",
        (minute, variant, whole.requests, whole.errors, json.dumps(whole.latencies)),
    )


def _stored(requests: int, errors: int, latencies: str) -> Bucket:
    return Bucket(requests, errors, Counter({int(key): count for key, count in json.loads(latencies).items()}))


def read_tally(folder: Path, since: datetime, until: datetime) -> dict[str, Bucket]:
    """Return the counts by variant of the minutes that begin in `since <= minute < until`, rounded down to minutes."""
    path = folder / FILE
    if not path.exists():
        return {}
    first, last = math.floor(since.timestamp() / _MINUTE), math.ceil(until.timestamp() / _MINUTE)
    found: dict[str, Bucket] = {}
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        try:
            rows = connection.execute(
                "SELECT variant, requests, errors, latencies FROM minutes WHERE minute >= ? AND minute < ?",
                (first, last),
            ).fetchall()
        except sqlite3.OperationalError:
            return {}
    for variant, requests, errors, latencies in rows:
        found.setdefault(variant, Bucket()).add(_stored(requests, errors, latencies))
    return found
