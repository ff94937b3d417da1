"""Columns: what a model reads and a profile describes, as one numpy array per name.

A missing value is NaN in floats (and in integers that have one), None in strings and booleans, NaT in times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import DataError

Columns = Mapping[str, NDArray[Any]]


def to_columns(data: object, names: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
    """Return any table as columns: columns by name, rows, a structured or plain array, a data frame.

    A plain two-dimensional array gets `names`, or `x0`, `x1`, …; one of another shape is one column `x0` of tensors.
    Raises `DataError` for what is no table.
    """
    if isinstance(data, Mapping):
        return _checked({str(name): _array(values) for name, values in data.items()})
    if isinstance(data, np.ndarray):
        return _checked(_from_array(data, names))
    if _is_frame(data):
        frame: Any = data
        return _checked({str(name): _array(frame[name]) for name in frame.columns})
    if isinstance(data, Sequence) and data and all(isinstance(row, Mapping) for row in data):
        return _checked(_from_rows(data))
    try:
        return _checked(_from_array(np.asarray(data), names))
    except ValueError as error:
        raise DataError(f"not a table: {error}") from error


def length(columns: Columns) -> int:
    """Return the number of rows."""
    return next((len(values) for values in columns.values()), 0)


def nulls(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a column has no value."""
    if values.dtype.kind == "f":
        gaps: NDArray[np.bool_] = np.isnan(values)
        return gaps if gaps.ndim == 1 else np.asarray(gaps.any(axis=tuple(range(1, gaps.ndim))))
    if values.dtype.kind == "M":
        times: NDArray[np.bool_] = np.isnat(values)
        return times
    if values.dtype == object and values.ndim == 1:
        return np.fromiter((_missing(value) for value in values), dtype=np.bool_, count=len(values))
    return np.zeros(len(values), dtype=np.bool_)


def plain(value: Any) -> Any:
    """Return one value of a column as JSON holds it: None for a missing one, RFC 3339 for a time."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[us]").astype(datetime).isoformat() + "Z"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return None if _missing(value) else value


def to_rows(columns: Columns) -> list[dict[str, Any]]:
    """Return columns as one JSON-ready mapping per row."""
    lists = {name: [plain(value) for value in values] for name, values in columns.items()}
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _missing(value: object) -> bool:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:  # pandas' own, which compare to nothing
        return True
    return bool(value != value)  # noqa: PLR0124 (NaN is not itself)


def _is_frame(data: object) -> bool:
    return hasattr(data, "columns") and hasattr(data, "__getitem__") and not isinstance(data, np.ndarray)


def _from_array(data: NDArray[Any], names: Sequence[str] | None) -> dict[str, NDArray[Any]]:
    if data.dtype.names:
        return {name: data[name] for name in data.dtype.names}
    if data.ndim == 0:
        raise DataError("not a table: a single value", remedy="pass rows, columns, an array or a frame")
    if data.ndim != 2:  # noqa: PLR2004 (a matrix has two dimensions)
        return {(names[0] if names else "x0"): data}
    labels = list(names) if names else [f"x{index}" for index in range(data.shape[1])]
    if len(labels) != data.shape[1]:
        raise DataError(f"{len(labels)} names for {data.shape[1]} columns")
    return {label: data[:, index] for index, label in enumerate(labels)}


def _from_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    labels = list(dict.fromkeys(name for row in rows for name in row))
    return {str(name): _array([row.get(name) for row in rows]) for name in labels}


def _array(values: Any) -> NDArray[Any]:
    if isinstance(values, np.ma.MaskedArray):
        return _unmasked(values)
    if not isinstance(values, np.ndarray):
        values = values.to_numpy() if hasattr(values, "to_numpy") else _from_list(list(values))
    found: NDArray[Any] = values
    if found.dtype.kind == "U":
        return found.astype(object)
    if found.dtype == object and found.ndim == 1 and len(found):
        return _narrow(found)
    return found


def _unmasked(values: Any) -> NDArray[Any]:
    if not np.ma.is_masked(values):
        return _array(values.data)
    if values.dtype.kind in "iuf":
        filled: NDArray[Any] = values.astype(np.float64).filled(np.nan)
        return filled
    objects: NDArray[Any] = values.astype(object).filled(None)
    return objects


def _from_list(values: list[Any]) -> NDArray[Any]:
    if any(isinstance(value, str | datetime) or value is None for value in values):
        holder = np.empty(len(values), dtype=object)
        holder[:] = values
        return holder
    return np.asarray(values)


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    """Return an object column as floats, integers or times where that is what it holds."""
    kinds = {type(value) for value in values if not _missing(value)}
    gaps = any(_missing(value) for value in values)
    if kinds and all(issubclass(kind, int | float | np.integer | np.floating) and kind is not bool for kind in kinds):
        whole = all(issubclass(kind, int | np.integer) for kind in kinds)
        cleaned = [np.nan if _missing(value) else value for value in values]
        return np.asarray(cleaned, dtype=np.int64 if whole and not gaps else np.float64)
    if kinds == {datetime}:
        moments = [None if _missing(value) else _utc(value) for value in values]
        return np.asarray(moments, dtype="datetime64[us]")
    return np.array([None if _missing(value) else value for value in values], dtype=object) if gaps else values


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _checked(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    sizes = {name: len(values) for name, values in columns.items()}
    if not columns:
        raise DataError("a table without columns")
    if len(set(sizes.values())) > 1:
        raise DataError(f"columns of different lengths: {sizes}")
    return columns
