"""The online side of a feature store on one machine: SQLite with one row per key, read in microseconds.

Readers never wait for a writer (WAL). A server may start before the first materialisation: what is not there yet is
answered with None. Everything in the file can be made again from the offline side, the watermark included.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from modelwright.errors import DataError, IntegrityError, LockedError, NotFoundError, UsageError, did_you_mean
from modelwright.workload.online_sql import FeatureRow, Keys, Statements, moment
from modelwright.workload.views import View

__all__ = ["FeatureRow", "Keys", "SqliteOnline", "moment", "open_online"]

_WAIT_SECONDS = 10.0
_RECHECK_SECONDS = 1.0
_BATCH = 500


class _Local(threading.local):
    """One thread's connection, the process and the file that it belongs to, and until when that need not be asked."""

    connection: sqlite3.Connection | None = None
    process = 0
    file: int | None = None
    recheck = 0.0


class SqliteOnline:
    """Views in one SQLite file, shared by processes and threads."""

    def __init__(self, path: Path, views: Sequence[View | Mapping[str, Any]]) -> None:
        self.path = path
        found = [view if isinstance(view, View) else View.from_json(view) for view in views]
        self._views = {view.name: Statements(view) for view in found}
        self._local = _Local()

    def write(self, view: str, rows: Iterable[FeatureRow]) -> int:
        """Write rows where they are newer than what is there, in one transaction; return how many were.

        Raises `DataError` for missing keys, unknown features and naive times, and `LockedError` when another writer
        holds the file for ten seconds.
        """
        statements = self._statements(view)
        values = [statements.values(row) for row in rows]
        with self._transaction() as connection:
            return self._upsert(connection, statements, values)

    def write_marked(self, view: str, batches: Iterable[Sequence[FeatureRow]], mark: str) -> int:
        """Write rows and, in the same transaction, the mark by which the writer knows how far it has come."""
        statements = self._statements(view)
        with self._transaction() as connection:
            written = sum(
                self._upsert(connection, statements, [statements.values(row) for row in batch]) for batch in batches
            )
            connection.execute("CREATE TABLE IF NOT EXISTS marks (view TEXT PRIMARY KEY, mark TEXT NOT NULL)")
            connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (statements.view.table, mark))
        return written

    def mark(self, view: str) -> str | None:
        """Return the mark of a view's last `write_marked`, None when there was none."""
        found = self._read("SELECT mark FROM marks WHERE view = ?", (self._statements(view).view.table,))
        return str(found[0][0]) if found else None

    def get(self, view: str, keys: Sequence[Keys], *, now: datetime | None = None) -> list[FeatureRow | None]:
        """Return the row of each key, in order; None where there is none or, with `now`, where its ttl has passed."""
        statements = self._statements(view)
        oldest = statements.oldest(now)
        if len(keys) == 1:
            rows = self._read(statements.select_one, statements.key(keys[0]))
            return [statements.row(rows[0], oldest) if rows else None]
        found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        wanted = [statements.key(key) for key in keys]
        unique = list(dict.fromkeys(wanted))
        for start in range(0, len(unique), _BATCH):
            part = unique[start : start + _BATCH]
            for row in self._read(statements.select_many(len(part)), tuple(v for key in part for v in key)):
                found[row[: statements.width]] = row
        return [statements.row(found.get(key), oldest) for key in wanted]

    def delete(self, view: str, keys: Sequence[Keys]) -> int:
        """Remove keys; return how many were there."""
        statements = self._statements(view)
        with self._transaction() as connection:
            connection.execute(statements.create)
            return sum(connection.execute(statements.delete, statements.key(key)).rowcount for key in keys)

    def freshness(self, view: str) -> datetime | None:
        """Return the newest event time in a view."""
        found = self._read(f"SELECT max(_event) FROM {self._statements(view).table}", ())  # noqa: S608 - quoted
        return moment(found[0][0]) if found and found[0][0] is not None else None

    def count(self, view: str) -> int:
        """Return the number of keys in a view."""
        found = self._read(f"SELECT count(*) FROM {self._statements(view).table}", ())  # noqa: S608 - quoted
        return int(found[0][0]) if found else 0

    def close(self) -> None:
        """Close this thread's connection; the next call opens it again."""
        connection = self._local.connection
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _statements(self, view: str) -> Statements:
        try:
            return self._views[view]
        except KeyError:
            raise NotFoundError(f"no feature view {view!r}", remedy=did_you_mean(view, self._views)) from None

    @staticmethod
    def _upsert(connection: sqlite3.Connection, statements: Statements, values: list[tuple[Any, ...]]) -> int:
        connection.execute(statements.create)
        before = connection.total_changes
        connection.executemany(statements.upsert, values)
        return connection.total_changes - before

    def _read(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        connection = self._connection(writing=False)
        if connection is None:
            return []
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            if "no such table" in str(error):
                return []
            raise self._explained(error) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection(writing=True)
        assert connection is not None  # a writing connection makes the file
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _connection(self, *, writing: bool) -> sqlite3.Connection | None:
        local, now = self._local, time.monotonic()
        connection: sqlite3.Connection | None = local.connection
        if now < local.recheck and connection is not None and local.process == os.getpid():
            return connection
        try:
            file = self.path.stat().st_ino
        except FileNotFoundError:
            file = None
        if connection is None or local.process != os.getpid() or local.file != file:
            if file is None and not writing:
                return None
            connection = self._open()
            file = self.path.stat().st_ino
        local.connection, local.process, local.file, local.recheck = (
            connection,
            os.getpid(),
            file,
            now + _RECHECK_SECONDS,
        )
        return connection

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # `isolation_level=None`: transactions are ours, not the module's.
            connection = sqlite3.connect(
                self.path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "mmap_size=268435456"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
        except sqlite3.Error as error:
            raise self._explained(error) from error
        return connection

    def _explained(self, error: sqlite3.Error) -> Exception:
        text = str(error)
        if "locked" in text or "busy" in text:
            return LockedError(
                f"another process has been writing for {_WAIT_SECONDS:.0f} s", where=str(self.path), remedy="try again"
            )
        if "malformed" in text or "not a database" in text or "no such column" in text:
            return IntegrityError(
                f"the online store cannot be read: {text}",
                where=str(self.path),
                remedy="delete the file and materialise again: it is a copy of the offline features",
            )
        return DataError(f"the online store refused: {text}", where=str(self.path))


def open_online(online: Mapping[str, Any], views: Sequence[View | Mapping[str, Any]]) -> SqliteOnline:
    """Return the online store of a config's `online` entry. Raises `UsageError` for a kind not built in."""
    if online.get("kind") != "sqlite":
        raise UsageError(f"online store of kind {online.get('kind')!r} is not built in; known: 'sqlite'")
    return SqliteOnline(Path(online["path"]), views)
