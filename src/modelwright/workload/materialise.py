"""Moves a feature view's rows from where the project's own code wrote them to the offline and online stores.

The rows taken are those created up to `now`. Each side knows by itself how far it has come (a watermark on
`created_time`: beside the partitions, and inside the online file), so a run that is killed anywhere is finished by the
next one, twice is harmless, and a lost online file is filled again from the partitions.
"""
# ruff: noqa: S608 - identifiers went through `quoted`, texts through `literal`

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.canonical import check_schema, parse_timestamp, timestamp
from modelwright.errors import DataError, NotFoundError
from modelwright.store import local_path
from modelwright.workload.frames import micros
from modelwright.workload.online import FeatureRow, SqliteOnline, moment, open_online
from modelwright.workload.partitions import Partitions, State
from modelwright.workload.rows import checked_types, connect, files_of, query, quoted, scan_of
from modelwright.workload.views import CREATED_TIME, EVENT_TIME, SQL_TYPES, View

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH = 10_000
_DAY = timedelta(days=1)
_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
_NUMBERS = _INTEGERS | {"FLOAT", "DOUBLE", "UBIGINT", "HUGEINT"}
_ACCEPTED = {
    "float64": _NUMBERS,
    "float32": _NUMBERS,
    "int64": _INTEGERS,
    "int32": _INTEGERS,
    "bool": frozenset({"BOOLEAN"}),
    "string": frozenset({"VARCHAR"}),
    "timestamp": frozenset({"TIMESTAMP WITH TIME ZONE"}),
}


@dataclass(frozen=True, slots=True)
class Materialised:
    """What one run did: rows appended offline, keys written online, and how far both have come."""

    view: str
    rows: int
    online: int
    until: str


def run(config: Mapping[str, Any]) -> int:
    """Materialise a view as `materialise/1` says, print what was done as JSON, and return the exit status."""
    check_schema(config, "materialise", 1)
    done = materialise(
        View.from_json(config["view"]), config["offline"], config.get("online"), parse_timestamp(config["now"])
    )
    json.dump(asdict(done), sys.stdout)
    sys.stdout.write("\n")
    return 0


def materialise(view: View, offline: str, online: Mapping[str, Any] | None, now: datetime) -> Materialised:
    """Bring both sides of a view up to `now`. Raises `DataError` for rows or columns that cannot be features."""
    partitions = Partitions(view.folder(offline))
    with partitions.locked(), connect() as connection:
        rows = _offline(connection, view, partitions, now)
        partitions.compact(connection, now.date() - _DAY)
        keys = _online(connection, view, partitions, open_online(online, [view])) if online and view.online else 0
    until = partitions.state().until
    return Materialised(view.name, rows, keys, timestamp(until) if until else "")


def _offline(connection: DuckDBPyConnection, view: View, partitions: Partitions, now: datetime) -> int:
    source = _source(connection, view, partitions)
    written, state = 0, partitions.state()
    if state.until is not None and (late := _count(connection, source, state.until)) > state.rows:
        # Rows came whose created time had already passed: take those that no partition holds.
        lacking = _created(source, None, state.until) + _not_held(view, partitions)
        written += _append(connection, view, partitions, lacking, replace(state, rows=late))
        state = partitions.state()
    if state.until is None or now > state.until:
        after = replace(state, until=now, rows=_count(connection, source, now))
        written += _append(connection, view, partitions, _created(source, state.until, now), after)
    return written


def _append(connection: DuckDBPyConnection, view: View, partitions: Partitions, select: str, after: State) -> int:
    _refuse_nulls(connection, view, select)
    count = int(query(connection, f"SELECT count(*) AS n FROM ({select})")["n"][0])
    if count:
        partitions.append(connection, select, after)
    else:
        partitions.save(after)
    return count


def _created(source: str, since: datetime | None, until: datetime) -> str:
    later = f" AND epoch_us({CREATED_TIME}) > {_us(since)}" if since else ""
    return f"SELECT * FROM {source} s WHERE epoch_us({CREATED_TIME}) <= {_us(until)}{later}"


def _not_held(view: View, partitions: Partitions) -> str:
    files = partitions.files()
    if not files:
        return ""
    same = " AND ".join(f"h.{quoted(name)} = s.{quoted(name)}" for name in (*view.entity, EVENT_TIME, CREATED_TIME))
    return f" AND NOT EXISTS (SELECT 1 FROM {scan_of(files, hive=False)} h WHERE {same})"


def _source(connection: DuckDBPyConnection, view: View, partitions: Partitions) -> str:
    """Return a SELECT of the source's rows under the names and types of the offline format."""
    try:
        files = [file for file in files_of(view.source) if not partitions.is_ours(file)]
    except NotFoundError:
        files = []
    if not files:
        raise NotFoundError(
            f"view {view.name!r} has no rows at {local_path(view.source)}",
            remedy="the project's own code writes Parquet files there",
        )
    scan = scan_of(files)
    types = checked_types(
        connection, scan, (*view.entity, view.timestamp, view.created, *view.features), where=view.name
    )
    _check_types(view, types)
    fields = [quoted(key) for key in view.entity]
    fields += [f"{quoted(view.timestamp)} AS {EVENT_TIME}", f"{quoted(view.created)} AS {CREATED_TIME}"]
    fields += [f"CAST({quoted(name)} AS {SQL_TYPES[kind]}) AS {quoted(name)}" for name, kind in view.features.items()]
    return f"(SELECT {', '.join(fields)} FROM {scan})"


def _check_types(view: View, types: Mapping[str, str]) -> None:
    problems: list[str] = []
    for name in (view.timestamp, view.created):
        if types[name] in {"TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "DATE"}:
            problems.append(f"{name!r} is a {types[name]} without a time zone: write UTC instants")
        elif types[name] != "TIMESTAMP WITH TIME ZONE":
            problems.append(f"{name!r} is {types[name]}, not a time")
    problems += [
        f"key {name!r} is {types[name]}; keys are strings or integers"
        for name in view.entity
        if types[name] != "VARCHAR" and types[name] not in _INTEGERS
    ]
    problems += [
        f"feature {name!r} is {types[name]}, declared as {kind}"
        for name, kind in view.features.items()
        if types[name] not in _ACCEPTED[kind] and not (types[name].startswith("DECIMAL") and kind.startswith("float"))
    ]
    if problems:
        raise DataError("; ".join(problems), where=f"feature view {view.name!r}")


def _refuse_nulls(connection: DuckDBPyConnection, view: View, chosen: str) -> None:
    names = (*view.entity, EVENT_TIME, CREATED_TIME)
    counts = query(
        connection,
        f"SELECT {', '.join(f'count(*) - count({quoted(n)}) AS {quoted(n)}' for n in names)} FROM ({chosen})",
    )
    empty = [f"{int(counts[name][0])} without {name!r}" for name in names if counts[name][0]]
    if empty:
        raise DataError(f"rows {', '.join(empty)}", where=f"feature view {view.name!r}", remedy="nothing was written")


def _count(connection: DuckDBPyConnection, source: str, until: datetime) -> int:
    found = query(connection, f"SELECT count(*) AS n FROM {source} WHERE epoch_us({CREATED_TIME}) <= {_us(until)}")
    return int(found["n"][0])


def _online(connection: DuckDBPyConnection, view: View, partitions: Partitions, store: SqliteOnline) -> int:
    state = partitions.state()
    generation, _, batch = (store.mark(view.name) or "").partition("/")
    known = int(batch) if generation == state.generation else 0
    files = partitions.files(after=known)
    if not files:
        return 0
    return store.write_marked(view.name, _newest(connection, view, files), state.mark())


def _newest(connection: DuckDBPyConnection, view: View, files: Sequence[Path]) -> Iterator[list[FeatureRow]]:
    keys = ", ".join(quoted(key) for key in view.entity)
    features = "".join(f", {quoted(name)}" for name in view.features)
    connection.execute(
        f"SELECT {keys}, epoch_us({EVENT_TIME}), epoch_us({CREATED_TIME}){features} FROM {scan_of(files, hive=False)} "
        f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {EVENT_TIME} DESC, {CREATED_TIME} DESC{features}) = 1"
    )
    width = len(view.entity)
    while rows := connection.fetchmany(_BATCH):
        yield [
            FeatureRow(
                dict(zip(view.entity, row[:width], strict=True)),
                moment(row[width]),
                dict(zip(view.features, row[width + 2 :], strict=True)),
                moment(row[width + 1]),
            )
            for row in rows
        ]


def _us(moment: datetime) -> int:
    return int(micros(moment).astype(np.int64))
