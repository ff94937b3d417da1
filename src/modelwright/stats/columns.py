"""Raw columns as the statistics see them: their kind, their numbers, their labels and their nulls.

`None`, NaN, NaT, pandas' NA, masked entries and infinities are null: none of them has a place on the number line.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import DataError

Kind: TypeAlias = Literal["numeric", "categorical", "boolean", "timestamp"]
Floats: TypeAlias = NDArray[np.float64]
Values: TypeAlias = NDArray[Any]
Columns: TypeAlias = Mapping[str, Values | Sequence[Any]]

KINDS: tuple[Kind, ...] = ("numeric", "categorical", "boolean", "timestamp")
_NUMBERS = (int, float, np.integer, np.floating, np.bool_, Decimal)
_NULLS = frozenset({"NoneType", "NAType", "NaTType"})
_BY_DTYPE: dict[str, Kind] = {
    **dict.fromkeys("iufm", "numeric"),
    **dict.fromkeys("USTV", "categorical"),
    "b": "boolean",
    "M": "timestamp",
}


def as_values(column: Values | Sequence[Any], name: str = "column") -> Values:
    """Return a column as a one-dimensional array; masked entries become NaN, NaT or None.

    Raises `DataError` for anything with more than one dimension.
    """
    if isinstance(column, np.ma.MaskedArray):
        column = _unmasked(column)
    values = column if isinstance(column, np.ndarray) else _array(column)
    if values.ndim != 1:
        raise DataError(f"{name} has {values.ndim} dimensions", where=name, remedy="give one value per row")
    return values


def _unmasked(column: np.ma.MaskedArray[Any, Any]) -> Values:
    values = np.array(column.data, dtype=column.dtype if column.dtype.kind in "fM" else object)
    values[np.ma.getmaskarray(column)] = {"f": np.nan, "M": np.datetime64("NaT")}.get(values.dtype.kind)
    return values


def _array(column: Any) -> Values:
    if hasattr(column, "__array__"):
        return np.asarray(column)
    values = np.empty(len(column), dtype=object)
    values[:] = list(column)
    return values


def as_columns(columns: Columns) -> dict[str, Values]:
    """Return all columns as arrays. Raises `DataError` naming columns of different lengths."""
    arrays = {name: as_values(column, name) for name, column in columns.items()}
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"columns of different lengths: {lengths}", remedy="give every column one value per row")
    return arrays


def infer_kind(values: Values) -> Kind:
    """Return what a column holds; an object column of nothing but nulls is categorical."""
    if values.dtype.kind != "O":
        return _BY_DTYPE.get(values.dtype.kind, "categorical")
    types = _present_types(values.tolist())
    if not types:
        return "categorical"
    if all(issubclass(kind, bool | np.bool_) for kind in types):
        return "boolean"
    if all(issubclass(kind, _NUMBERS) for kind in types):
        return "numeric"
    if all(issubclass(kind, date | np.datetime64) for kind in types):
        return "timestamp"
    return "categorical"


def _present_types(items: list[Any]) -> set[type]:
    types = {kind for kind in set(map(type, items)) if kind.__name__ not in _NULLS}
    floats = {kind for kind in types if issubclass(kind, float | np.floating)}
    if floats and types != floats and all(item != item for item in items if type(item) in floats):  # noqa: PLR0124  # NaN is unlike itself
        return types - floats  # pandas marks the nulls of a string column with NaN
    return types


def numbers(values: Values, kind: Kind) -> tuple[Floats, int]:
    """Return a numeric or timestamp column as floats with NaN for null, and how many values were of another type.

    A timestamp is microseconds since 1970-01-01T00:00Z, a duration seconds, a boolean 0 or 1. Text is never parsed as
    a number; where a timestamp is expected, RFC 3339 text is read, because captured rows are JSON.
    """
    spelled = values.dtype.kind
    if kind == "numeric" and spelled in "iufbm":
        return _native(values), 0
    if kind == "timestamp" and spelled == "M":
        return _microseconds(values), 0
    return _converted(values.tolist() if spelled != "M" else list(values), kind)


def _native(values: Values) -> Floats:
    if values.dtype.kind == "m":
        missing = np.isnat(values)
        seconds = values.astype("timedelta64[us]").astype(np.float64) / 1e6
        return np.where(missing, np.nan, seconds)
    floats = values.astype(np.float64)
    if values.dtype.kind == "f" and not np.isfinite(floats).all():
        floats[~np.isfinite(floats)] = np.nan
    return floats


def _microseconds(values: Values) -> Floats:
    missing = np.isnat(values)
    return np.where(missing, np.nan, values.astype("datetime64[us]").astype(np.int64).astype(np.float64))


def _converted(items: list[Any], kind: Kind) -> tuple[Floats, int]:
    if kind == "numeric" and set(map(type, items)) <= {int, float, bool, type(None)}:
        return _native(_exact_floats(items)), 0
    convert = _number if kind == "numeric" else _moment
    known = [None if is_null(item) else convert(item) for item in items]
    present = sum(not is_null(item) for item in items)
    floats = _native(np.array([math.nan if item is None else item for item in known], dtype=np.float64))
    return floats, present - sum(item is not None for item in known)


def _exact_floats(items: list[Any]) -> Floats:
    try:
        return np.array(items, dtype=np.float64)
    except OverflowError:  # an int beyond 1e308
        return np.array([math.nan if item is None or abs(item) > 1e308 else item for item in items])  # noqa: PLR2004  # the order of a double's end


def _number(item: Any) -> float | None:
    return float(item) if isinstance(item, _NUMBERS) else None


def _moment(item: Any) -> float | None:
    if isinstance(item, np.datetime64):
        return float(_microseconds(np.array([item]))[0])
    if isinstance(item, str):
        try:
            item = datetime.fromisoformat(item)
        except ValueError:
            return None
    if not isinstance(item, date):
        return None
    moment = item if isinstance(item, datetime) else datetime(item.year, item.month, item.day, tzinfo=UTC)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return float(round(moment.timestamp() * 1e6))


def is_null(item: Any) -> bool:
    """Return whether a value stands for nothing."""
    if item is None or type(item).__name__ in _NULLS:
        return True
    return isinstance(item, float | np.floating | np.datetime64) and bool(item != item)  # noqa: PLR0124  # NaN is unlike itself


def labels(values: Values) -> tuple[Counter[str], int]:
    """Return how often each label occurs, and the number of nulls.

    Labels are text: `true` and `false`, integers without a decimal point (also when stored as floats), times in
    ISO format, everything else as `str()` spells it.
    """
    found: Counter[str] = Counter()
    nulls = 0
    for item, count in _tally(values):
        if is_null(item):
            nulls += count
        else:
            found[spell(item)] += count
    return found, nulls


def _tally(values: Values) -> Iterable[tuple[Any, int]]:
    if values.dtype.kind in "biufM":
        distinct, counts = np.unique(values, return_counts=True)
        return zip(distinct, counts.tolist(), strict=True)
    items = values.tolist()
    try:
        return Counter(items).items()
    except TypeError:  # lists and dicts have no hash
        return Counter(None if is_null(item) else str(item) for item in items).items()


def names(values: Values) -> list[str | None]:
    """Return every row's label as text (spelled as in `labels`), None for null."""
    items = values.tolist()
    try:
        spelled = {item: None if is_null(item) else spell(item) for item in set(items)}
    except TypeError:  # lists and dicts have no hash
        return [None if is_null(item) else spell(item) for item in items]
    return [spelled[item] for item in items]


def spell(item: Any) -> str:
    """Return a value as a category's name."""
    if isinstance(item, str):  # JSON may hold half a surrogate pair, UTF-8 cannot
        return str(item) if item.isascii() else item.encode("utf-8", "replace").decode()
    if isinstance(item, bool | np.bool_):
        return "true" if item else "false"
    if isinstance(item, float | np.floating) and math.isfinite(item):
        return str(int(item)) if float(item).is_integer() else repr(float(item))
    if isinstance(item, bytes):
        return item.decode("utf-8", "replace")
    return str(item)
