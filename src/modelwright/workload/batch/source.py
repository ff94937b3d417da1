"""The rows to score, chunk by chunk: in the order of the files, with the features that the source lacks."""
# ruff: noqa: S608 - identifiers went through `quoted`

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.canonical import digest_of
from modelwright.errors import DataError, did_you_mean
from modelwright.workload.frames import micros
from modelwright.workload.offline import OfflineFeatures
from modelwright.workload.rows import (
    Columns,
    connect,
    files_of,
    length,
    query,
    refuse_naive,
    scan_of,
    selection,
    types_of,
)
from modelwright.workload.views import View

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHUNK = 10_000
_AT = "__at"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Up to 10,000 rows of one file; `first` is the number of its first row in that file."""

    file: int
    first: int
    path: Path
    columns: Columns

    @property
    def name(self) -> str:
        """The name of the part that answers this chunk."""
        return f"part-{self.file:05d}-{self.first // CHUNK:05d}.parquet"

    @property
    def rows(self) -> int:
        """The number of rows."""
        return length(self.columns)


class Source:
    """Files with rows to score. `wanted` are the columns to read where they exist."""

    def __init__(self, uri: str, wanted: Sequence[str], needed: Sequence[str]) -> None:
        self.uri = uri
        self.files = files_of(uri)
        self._wanted = tuple(wanted)
        with connect() as connection:
            types = types_of(connection, scan_of(self.files))
        missing = [f"{name!r} ({did_you_mean(name, types)})" for name in needed if name not in types]
        if missing:
            raise DataError(f"no column {', '.join(missing)}", where=uri)
        self.names = tuple(name for name in self._wanted if name in types)
        self.types = {name: types[name] for name in self.names}

    @property
    def digest(self) -> str:
        """The digest of the files' names, sizes and times of change."""
        listed = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in self.files]
        return digest_of([list(each) for each in listed])

    def chunks(self, done: frozenset[str]) -> Iterator[Chunk]:
        """Yield the chunks whose parts are not done."""
        with connect() as connection:
            for number, path in enumerate(self.files):
                yield from self._of_file(connection, number, path, done)

    def _of_file(
        self, connection: DuckDBPyConnection, number: int, path: Path, done: frozenset[str]
    ) -> Iterator[Chunk]:
        scan = scan_of([path])
        types = types_of(connection, scan)
        chosen = {name: types[name] for name in self.names if name in types}
        total = int(query(connection, f"SELECT count(*) AS n FROM {scan}")["n"][0])
        for first in range(0, total, CHUNK):
            empty = Chunk(number, first, path, {})
            if empty.name not in done:
                columns = query(connection, f"{selection(chosen, scan)} LIMIT {CHUNK} OFFSET {first}")
                yield replace(empty, columns=columns)


class Enriching:
    """Joins the features that a model was trained with and that the source lacks, as they were known at each row."""

    def __init__(
        self, features: Mapping[str, Any], uses: Sequence[Mapping[str, Any]], names: Mapping[str, str], time: str | None
    ) -> None:
        """Plan the joins; `names` are the source's columns with their SQL types."""
        views = {view["name"]: View.from_json(view) for view in features.get("views") or ()}
        self._joins = []
        self._time = time if time in names else None
        for use in uses:
            lacking = {column for column in use["columns"] if column not in names}
            if lacking and all(key in names for key in use["entity"]):
                view = views.get(use["view"])
                if view is None or view.schema != use["schema"] or not features.get("offline"):
                    raise DataError(f"the model was trained on view {use['view']}, which is not at hand in its schema")
                kept = {name: kind for name, kind in view.features.items() if name in lacking}
                self._joins.append(replace(view, features=kept))
        if self._joins and self._time is not None:
            refuse_naive(names, self._time)
        self._offline = OfflineFeatures(features.get("offline") or "", self._joins)

    def fill(self, columns: Columns, at: datetime) -> Columns:
        """Return the columns with features as known at the event time, or `at` where rows have none."""
        if not self._joins:
            return columns
        moments = np.full(length(columns), micros(at)) if self._time is None else columns[self._time]
        found: Columns = {**columns, _AT: moments}
        for view in self._joins:
            found, _ = self._offline.join(found, view.name, on=view.entity, at=_AT)
        return {name: values for name, values in found.items() if name != _AT}
