"""The offline side of a feature store: Parquet partitions by day, joined point-in-time to a frame of entities."""
# ruff: noqa: S608 - identifiers went through `quoted`, texts through `literal`

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.errors import DataError, NotFoundError, did_you_mean
from modelwright.workload import asof, frames
from modelwright.workload.partitions import Partitions
from modelwright.workload.rows import (
    Columns,
    checked_types,
    connect,
    literal,
    query,
    quoted,
    scan_of,
    selection,
    storable,
    types_of,
)
from modelwright.workload.views import SQL_TYPES, View

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AT, _ROW = "__at", "__row"
_EPOCH = date(1970, 1, 1)


class PartitionsChangedError(DataError):
    """A partition's file went away between listing and reading."""


class OfflineFeatures:
    """Feature views below one `offline` address, joined as they were known at each row's time."""

    def __init__(self, offline: str, views: Sequence[View | Mapping[str, Any]]) -> None:
        self._offline = offline
        self._views = {view.name: view for view in (v if isinstance(v, View) else View.from_json(v) for v in views)}

    def join(
        self,
        frame: Any,
        view: str | None = None,
        *,
        on: str | Sequence[str] | Mapping[str, str],
        at: str,
        as_known: bool = True,
        to: Path | None = None,
    ) -> tuple[Any, list[dict[str, Any]]]:
        """Add a view's features (every view with this entity without a name) to each row of a frame.

        The answer for a row is the last feature row with `event_time <= at` and `created_time <= at` (the latter not
        with `as_known=False`) that is at most `ttl` old; later `created_time` wins among equal events; a row without
        an answer keeps its place with nulls. `on` names the key columns, or maps entity keys to the frame's names.
        A mapping of arrays, a pandas frame or the path of a Parquet file gives the same kind back (a path: the file
        `to`, else a temporary one). Also returns what was used, for the model's manifest.
        Raises `DataError` for missing columns, naive times and names that the frame already has.
        """
        keys = _keys(on)
        chosen = self._chosen(view, keys)
        try:
            joined = self._joined(frame, chosen, keys, at, as_known=as_known, to=to)
        except PartitionsChangedError:
            # A materialisation merged files that were listed. It may go on merging day after day, so wait for it.
            with ExitStack() as held:
                for each in chosen:
                    held.enter_context(Partitions(each.folder(self._offline)).unchanging())
                joined = self._joined(frame, chosen, keys, at, as_known=as_known, to=to)
        return joined, [each.use() for each in chosen]

    def _joined(
        self,
        frame: Any,
        views: Sequence[View],
        keys: Mapping[str, str],
        at: str,
        *,
        as_known: bool,
        to: Path | None,
    ) -> Any:
        import duckdb

        try:
            if isinstance(frame, Path):
                return self._join_file(frame, views, keys, at, as_known=as_known, to=to)
            return self._join_frame(frame, views, keys, at, as_known=as_known)
        except (duckdb.IOException, DataError) as error:
            if isinstance(error, duckdb.IOException) or isinstance(error.__cause__, duckdb.IOException):
                raise PartitionsChangedError(f"a file cannot be read: {error}", where=self._offline) from error
            raise

    def scan(self, view: View, bounds: tuple[int, int] | None = None) -> str | None:
        """Return the table function over a view's partitions that can matter, or None before the first one."""
        first, last = asof.days(view, bounds) if bounds else (0, 10**6)
        folders = sorted(view.folder(self._offline).glob("dt=*"))
        files = [
            file for folder in folders if first <= _day(folder) <= last for file in sorted(folder.glob("*.parquet"))
        ]
        return scan_of(files, hive=False) if files else None

    def _chosen(self, view: str | None, keys: Mapping[str, str]) -> list[View]:
        if view is not None and view not in self._views:
            raise NotFoundError(f"no feature view {view!r}", remedy=did_you_mean(view, self._views))
        chosen = [self._views[view]] if view else [v for v in self._views.values() if set(v.entity) == set(keys)]
        if not chosen:
            entities = "; ".join(f"{v.name}: {', '.join(v.entity)}" for v in self._views.values())
            raise DataError(f"no feature view has the entity {', '.join(keys)}", remedy=f"views: {entities or 'none'}")
        for each in chosen:
            if set(each.entity) != set(keys):
                raise DataError(f"view {each.name!r} is keyed by {', '.join(each.entity)}, not by {', '.join(keys)}")
        return chosen

    def _join_frame(
        self, frame: Any, views: Sequence[View], keys: Mapping[str, str], at: str, *, as_known: bool
    ) -> Any:
        _check_names(frames.names_of(frame), views)
        times = frames.times(frame, at)
        rows = len(times)
        moments = np.ma.masked_array(times.view(np.int64), mask=np.isnat(times))
        bounds = (int(moments.min()), int(moments.max())) if moments.count() else (0, 0)
        entities = storable({key: frames.column(frame, name) for key, name in keys.items()})
        added: Columns = {}
        with connect() as connection:
            connection.register("frame", {**entities, _AT: moments, _ROW: np.arange(rows)})
            for view in views:
                added |= self._answers(connection, view, "frame", bounds, as_known=as_known, rows=rows)
        moment_names = [name for view in views for name, kind in view.features.items() if kind == "timestamp"]
        return frames.extended(frame, added, moment_names)

    def _answers(
        self,
        connection: DuckDBPyConnection,
        view: View,
        table: str,
        bounds: tuple[int, int],
        *,
        as_known: bool,
        rows: int,
    ) -> Columns:
        known, candidates = self._features(connection, view, bounds, table, as_known=as_known)
        if _evenly_late(connection, known):
            answers = _answered(connection, view, table, known)
            if not query(connection, asof.tied(view, known, answers))["n"][0]:
                return _in_order(connection, view, answers, rows)
        return _in_order(connection, view, _answered(connection, view, table, candidates), rows)

    def _features(
        self, connection: DuckDBPyConnection, view: View, bounds: tuple[int, int] | None, table: str, *, as_known: bool
    ) -> tuple[str, str]:
        """Return the tables of all feature rows and of those that can be an answer."""
        scan = self.scan(view, bounds)
        if scan is None:
            nothing = f"({_nothing(view, types_of(connection, table))})"
            return nothing, nothing
        _check_keys(view, types_of(connection, table), checked_types(connection, scan, view.entity, where=view.name))
        known = asof.known(view, scan, as_known=as_known, bounds=bounds)
        return f"({known})", f"({asof.candidates(view, known)})"

    def _join_file(
        self, path: Path, views: Sequence[View], keys: Mapping[str, str], at: str, *, as_known: bool, to: Path | None
    ) -> Path:
        target = to or Path(tempfile.mkdtemp(prefix="modelwright-"), f"{path.stem}.parquet")
        with connect() as connection:
            scan = scan_of([path])
            types = checked_types(connection, scan, [*keys.values(), at], where=str(path))
            if types[at] != "TIMESTAMP WITH TIME ZONE":
                raise DataError(f"column {at!r} is {types[at]}, not a time with a zone", where=str(path))
            _check_names(types, views)
            renamed = ", ".join(f"{quoted(column)} AS {quoted(f'__key_{key}')}" for key, column in keys.items())
            numbered = (
                f"SELECT *, {renamed}, epoch_us({quoted(at)}) AS {_AT}, row_number() OVER () AS {_ROW} FROM {scan}"
            )
            kept = list(types)
            table = f"({numbered})"
            for view in views:
                inner = f"(SELECT {', '.join(f'{quoted(c)} AS {quoted(k)}' for k, c in keys.items())} FROM {scan})"
                _, features = self._features(connection, view, None, inner, as_known=as_known)
                carried = [*kept, *(f"__key_{key}" for key in keys), _AT, _ROW]
                table = f"({asof.joined(view, table, features, {k: f'__key_{k}' for k in keys}, _AT, carried)})"
                kept += view.features
            columns = ", ".join(quoted(name) for name in kept)
            connection.execute(
                f"COPY (SELECT {columns} FROM {table} ORDER BY {_ROW}) TO {literal(str(target))} (FORMAT parquet)"
            )
        return target


def _evenly_late(connection: DuckDBPyConnection, known: str) -> bool:
    late = query(connection, asof.lateness(known))
    return bool(late["least"][0] == late["greatest"][0])


def _answered(connection: DuckDBPyConnection, view: View, table: str, features: str) -> str:
    """Join to a table of the entity rows' keys and numbers and of the answers; return its name."""
    sql = asof.joined(view, table, features, {key: key for key in view.entity}, _AT, [*view.entity, _ROW])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE answers AS {sql}")
    return "answers"


def _in_order(connection: DuckDBPyConnection, view: View, answers: str, rows: int) -> Columns:
    types = types_of(connection, answers)
    found = query(connection, selection({name: types[name] for name in (_ROW, *view.features)}, answers))
    order = found.pop(_ROW)
    place = np.full(rows, -1)
    if len(order) == rows:
        place[order] = np.arange(rows)
    if np.any(place < 0):
        raise DataError(f"the join with {view.name!r} changed the rows")
    return {name: values[place] for name, values in found.items()}


def _keys(on: str | Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    if isinstance(on, Mapping):
        return dict(on)
    return {name: name for name in ([on] if isinstance(on, str) else on)}


def _day(folder: Path) -> int:
    return (date.fromisoformat(folder.name.removeprefix("dt=")) - _EPOCH) // timedelta(days=1)


def _check_names(names: Any, views: Sequence[View]) -> None:
    taken = set(names)
    for view in views:
        for feature in view.features:
            if feature in taken:
                raise DataError(f"feature {feature!r} of view {view.name!r} is already a column of the frame")
            taken.add(feature)


def _check_keys(view: View, frame: Mapping[str, str], stored: Mapping[str, str]) -> None:
    for key in view.entity:
        if (frame[key] == "VARCHAR") != (stored[key] == "VARCHAR") and frame[key] not in {'"NULL"', "NULL"}:
            raise DataError(
                f"key {key!r} is {frame[key]} in the frame and {stored[key]} in view {view.name!r}",
                remedy="make both strings or both integers",
            )


def _nothing(view: View, types: Mapping[str, str]) -> str:
    keys = ", ".join(f"CAST(NULL AS {types[key]}) AS {quoted(key)}" for key in view.entity)
    features = ", ".join(f"CAST(NULL AS {SQL_TYPES[kind]}) AS {quoted(name)}" for name, kind in view.features.items())
    return f"SELECT {keys}, {features}, 0::BIGINT AS __event, 0::BIGINT AS __available LIMIT 0"
