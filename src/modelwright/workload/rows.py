"""Rows on the way in and out: Parquet, CSV and JSON lines read through DuckDB as a mapping of numpy columns.

A null is NaN in a float column, NaT in a time column and None in an object column; an integer column with nulls comes
as float64. Times are UTC microseconds (`datetime64[us]`). Nothing is downloaded: DuckDB's extensions stay as shipped.
"""
# ruff: noqa: S608 - identifiers went through `quoted`, texts through `literal`

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.errors import DataError, NotFoundError, did_you_mean
from modelwright.store import local_path
from modelwright.workload.table import nulls

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

Columns = dict[str, "NDArray[Any]"]
MEMORY = "MODELWRIGHT_DUCKDB_MEMORY"
THREADS = "MODELWRIGHT_DUCKDB_THREADS"
NAIVE = np.dtype("datetime64[us]", metadata={"zone": None})
"""Times that were stored without a zone: numpy cannot say so, but a join must be able to refuse them."""

NAIVE_REMEDY = "write it as UTC instants"
_NAIVE_TYPES = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE"})
_READERS = {
    ".parquet": "read_parquet({files}, union_by_name=true, hive_partitioning={hive})",
    ".csv": "read_csv({files}, union_by_name=true)",
    ".jsonl": "read_json({files}, format='newline_delimited')",
    ".jsonl.gz": "read_json({files}, format='newline_delimited')",
}


def connect() -> DuckDBPyConnection:
    """Open DuckDB in memory, in UTC, without extension downloads; memory (1GB) and threads (2) from the environment."""
    import duckdb

    spill = Path(tempfile.gettempdir(), f"modelwright-duckdb-{os.getpid()}")
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": os.environ.get(MEMORY, "1GB"),
            "threads": os.environ.get(THREADS, "2"),
            "temp_directory": str(spill),
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # a query of two seconds would draw one on stdout
    return connection


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def files_of(source: str) -> list[Path]:
    """Return a source's files, sorted: a file, a glob, or everything readable in a folder of one kind.

    Raises `NotFoundError` when there are none.
    """
    path = local_path(source)
    if path.is_file():
        return [path]
    if path.is_dir():
        for suffix in _READERS:
            found = sorted(p for p in path.rglob(f"*{suffix}") if not p.name.startswith((".", "_")))
            if found:
                return found
    elif any(mark in path.name for mark in "*?["):
        found = sorted(path.parent.glob(path.name))
        if found:
            return found
    raise NotFoundError(f"no rows at {source}", remedy="expected Parquet, CSV or JSON-lines files there")


def scan_of(files: Sequence[Path], *, hive: bool = True) -> str:
    """Return the SQL table function that reads these files, whose kind is told by the first one's name.

    With `hive`, folders such as `dt=2013-01-01` are read as columns where every file lies in one.
    """
    name = files[0].name
    for suffix, reader in _READERS.items():
        if name.endswith(suffix):
            listing = "[" + ", ".join(literal(_unglobbed(path)) for path in files) + "]"
            partitioned = hive and all("=" in path.parent.name for path in files)
            return reader.format(files=listing, hive=str(partitioned).lower())
    raise DataError(f"{files[0]} is not Parquet, CSV or JSON lines")


def _unglobbed(path: Path) -> str:
    # DuckDB takes any path for a pattern: a folder called `[old]` must be escaped to be itself.
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def types_of(connection: DuckDBPyConnection, scan: str) -> dict[str, str]:
    """Return the SQL type of each column of a table function or table."""
    return {row[0]: str(row[1]) for row in connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()}


def read_rows(
    source: str, *, columns: Sequence[str] | None = None, where: str = "", parameters: Mapping[str, Any] | None = None
) -> Columns:
    """Read columns (all without a list) of the rows for which the SQL condition holds, in the order of the files.

    Raises `NotFoundError` without files and `DataError` for an unknown column or a condition that DuckDB refuses.
    """
    with connect() as connection:
        scan = scan_of(files_of(source))
        types = checked_types(connection, scan, columns or (), where=source)
        chosen = {name: types[name] for name in columns} if columns is not None else types
        found = query(connection, selection(chosen, scan) + (f" WHERE {where}" if where else ""), parameters)
    return {name: values.astype(NAIVE) if chosen[name] in _NAIVE_TYPES else values for name, values in found.items()}


def checked_types(
    connection: DuckDBPyConnection, scan: str, columns: Sequence[str], *, where: str = ""
) -> dict[str, str]:
    """Return `types_of` a scan. Raises `DataError` naming every column that is missing."""
    import duckdb

    try:
        types = types_of(connection, scan)
    except duckdb.Error as error:
        raise DataError(f"cannot be read: {_first_line(error)}", where=where) from error
    missing = [f"{name!r} ({did_you_mean(name, types)})" for name in columns if name not in types]
    if missing:
        raise DataError(f"no column {', '.join(missing)}", where=where)
    return types


def selection(types: Mapping[str, str], scan: str) -> str:
    """Return the SELECT of columns in types that numpy can hold: times as UTC microseconds, decimals as doubles."""
    return f"SELECT {', '.join(_column(name, kind) for name, kind in types.items())} FROM {scan}"


def _column(name: str, kind: str) -> str:
    column = quoted(name)
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"CAST({column} AS TIMESTAMP) AS {column}"
    if kind.startswith("DECIMAL") or kind == "HUGEINT":
        return f"CAST({column} AS DOUBLE) AS {column}"
    if kind.startswith("ENUM"):
        return f"CAST({column} AS VARCHAR) AS {column}"
    return column


def query(connection: DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None) -> Columns:
    """Run a query and return its columns as plain arrays. Raises `DataError` with DuckDB's first line."""
    import duckdb

    try:
        found = connection.execute(sql, dict(parameters)) if parameters else connection.execute(sql)
        return {name: plain(values) for name, values in found.fetchnumpy().items()}
    except duckdb.Error as error:
        raise DataError(f"the query failed: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def refuse_naive(types: Mapping[str, str], column: str, *, where: str = "") -> None:
    """Raise `DataError` for a column of times without a zone."""
    if types[column] in _NAIVE_TYPES:
        raise DataError(f"column {column!r} is a {types[column]} without a time zone", where=where, remedy=NAIVE_REMEDY)


def plain(values: Any) -> NDArray[Any]:
    """Return an array without a mask: nulls become NaN, NaT or None."""
    if not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values)
    data, mask = np.asarray(values.data), np.ma.getmaskarray(values)
    if not mask.any():
        return data
    if data.dtype.kind == "M":
        return np.where(mask, np.datetime64("NaT"), data)
    if data.dtype.kind in "iuf":
        return np.where(mask, np.nan, data.astype(np.float64))
    return _blanked(data.astype(object), mask)


def _blanked(values: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    kept = values.copy()
    kept[mask] = None
    return kept


def length(columns: Mapping[str, NDArray[Any]]) -> int:
    """Return the number of rows. Raises `DataError` when columns differ."""
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        raise DataError(f"columns of different length: {sizes}")
    return next(iter(sizes.values()), 0)


def write_parquet(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write columns as one Parquet file, atomically; times are stored as UTC instants."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    with connect() as connection:
        connection.register("frame", storable(columns))
        fields = [_stored(name, values) for name, values in columns.items()]
        connection.execute(
            f"COPY (SELECT {', '.join(fields)} FROM frame) TO {literal(str(temporary))} (FORMAT parquet)"
        )
    temporary.replace(path)


def storable(columns: Mapping[str, NDArray[Any]]) -> Columns:
    """Return columns that DuckDB can register: no numpy strings (it makes enums of them), times in microseconds."""
    return {name: _storable(np.asarray(values)) for name, values in columns.items()}


def _storable(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind in "US":
        return values.astype(object)
    if values.dtype.kind == "O":
        return _blanked(values, nulls(values))
    return values.astype("datetime64[us]") if values.dtype.kind == "M" else values


def _stored(name: str, values: NDArray[Any]) -> str:
    column = quoted(name)
    return f"CAST({column} AS TIMESTAMPTZ) AS {column}" if np.asarray(values).dtype.kind == "M" else column
