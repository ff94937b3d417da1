"""A view's offline partitions: batches of Parquet files by day, committed by one small state file.

A file is named after its batch. Batches above the state's number were never committed (their writer was killed) and are
removed before the next one is written, so a run that is repeated leaves the same rows.
"""
# ruff: noqa: S608 - identifiers went through `quoted`, texts through `literal`

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from modelwright.canonical import canonical, check_schema, parse_timestamp, timestamp
from modelwright.errors import IntegrityError
from modelwright.store import DirectoryStore
from modelwright.workload.rows import literal, scan_of
from modelwright.workload.views import EVENT_TIME

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_STATE = "_state.json"
_SCHEMA = re.compile(r"[0-9a-f]{8}")
MANY = 24
"""So many files of one day are merged once the day is over."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a view has come: all source rows created up to `until` (`rows` of them) lie in batches up to `batch`."""

    generation: str
    until: datetime | None = None
    rows: int = 0
    batch: int = 0

    def mark(self) -> str:
        """Return the words by which a copy of the partitions remembers what it has taken."""
        return f"{self.generation}/{self.batch}"


class Partitions:
    """The folder `dt=YYYY-MM-DD/<batch>-<n>.parquet` of one view in one schema."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers out; waits for one that is at work. The kernel frees the lock of a killed process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "_lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def unchanging(self) -> Iterator[None]:
        """Keep the files as they are while one reads; waits for a writer that is at work. Readers keep none out."""
        try:
            file = (self.folder / "_lock").open()
        except FileNotFoundError:  # nobody has ever written here
            yield
            return
        with file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def state(self) -> State:
        """Return the committed state; a new generation when nothing was ever committed."""
        try:
            text = (self.folder / _STATE).read_text()
        except FileNotFoundError:
            return State(uuid.uuid4().hex)
        try:
            found = json.loads(text)
            check_schema(found, "partitions", 1)
            until = parse_timestamp(found["until"]) if found["until"] else None
            return State(found["generation"], until, found["rows"], found["batch"])
        except (ValueError, KeyError) as error:
            raise IntegrityError(
                "the state of a feature view cannot be read",
                where=str(self.folder / _STATE),
                remedy="delete the view's folder and materialise again",
            ) from error

    def files(self, after: int = 0) -> list[Path]:
        """Return the committed files of the batches above a number, by day."""
        last = self.state().batch
        found = self.folder.glob("dt=*/*.parquet")
        return sorted(file for file in found if after < _batch(file) <= last)

    def is_ours(self, file: Path) -> bool:
        """Return whether a file is a partition of this view, in any schema: a source may lie in the same folder."""
        root = self.folder.parent
        return root in file.parents and _SCHEMA.fullmatch(file.relative_to(root).parts[0]) is not None

    def append(self, connection: DuckDBPyConnection, select: str, state: State) -> State:
        """Commit the rows of a SELECT as the batch after `state.batch`, and with them the rest of the state."""
        self._clean(state.batch)
        batch = state.batch + 1
        staging = self.folder / f"_staging-{batch}"
        day = f"strftime(make_timestamp(epoch_us({EVENT_TIME})), '%Y-%m-%d') AS dt"
        connection.execute(
            f"COPY (SELECT *, {day} FROM ({select})) TO {literal(str(staging))} (FORMAT parquet, PARTITION_BY (dt))"
        )
        for file in sorted(staging.glob("dt=*/*.parquet")):
            self._place(file, batch)
        shutil.rmtree(staging, ignore_errors=True)
        return self.save(replace(state, batch=batch))

    def save(self, state: State) -> State:
        """Make a state the committed one, atomically."""
        until = timestamp(state.until) if state.until else None
        document = {
            "schema": "modelwright.partitions/1",
            "generation": state.generation,
            "until": until,
            "rows": state.rows,
            "batch": state.batch,
        }
        DirectoryStore(self.folder).put(_STATE, canonical(document))
        return state

    def compact(self, connection: DuckDBPyConnection, before: date) -> int:
        """Merge the files of days before a date that have many; return how many days were.

        The merged file appears before the others go, so a reader sees rows twice for a moment, which the join bears,
        and never too few. Killed in between, the next merge drops what is double.
        """
        merged = 0
        for folder in sorted(self.folder.glob("dt=*")):
            files = sorted(folder.glob("*.parquet"))
            if len(files) >= MANY and folder.name.removeprefix("dt=") < before.isoformat():
                self._merge(connection, folder, files)
                merged += 1
        return merged

    def _merge(self, connection: DuckDBPyConnection, folder: Path, files: list[Path]) -> None:
        staging = self.folder / "_staging-merge" / folder.name
        staging.mkdir(parents=True, exist_ok=True)
        scan, target = scan_of(files, hive=False), staging / "data_all.parquet"
        connection.execute(f"COPY (SELECT DISTINCT * FROM {scan}) TO {literal(str(target))} (FORMAT parquet)")
        placed = self._place(target, max(map(_batch, files)))
        for file in files:
            if file != placed:
                file.unlink()
        shutil.rmtree(staging.parent)

    def _place(self, file: Path, batch: int) -> Path:
        folder = self.folder / file.parent.name
        folder.mkdir(exist_ok=True)
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
        number = file.stem.rpartition("_")[2]
        placed = file.rename(folder / f"{batch:06d}-{number}.parquet")
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        return placed

    def _clean(self, last: int) -> None:
        for staging in self.folder.glob("_staging-*"):
            shutil.rmtree(staging)
        for file in self.folder.glob("dt=*/*.parquet"):
            if _batch(file) > last:
                file.unlink()


def _batch(file: Path) -> int:
    number = file.name.partition("-")[0]
    return int(number) if number.isdecimal() else 0
