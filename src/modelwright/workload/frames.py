"""Frames as users hold them (a mapping of arrays, a pandas frame): columns and times read, columns added in kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.canonical import parse_timestamp
from modelwright.errors import DataError, did_you_mean
from modelwright.workload.rows import NAIVE_REMEDY

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MICROS = "datetime64[us]"


def column(frame: Any, name: str) -> NDArray[Any]:
    """Return one column of a mapping or pandas frame as an array. Raises `DataError` when it has none of this name."""
    names = names_of(frame)
    if name not in names:
        raise DataError(f"the frame has no column {name!r}", remedy=did_you_mean(name, names))
    values = frame[name]
    return np.asarray(values.array if _is_pandas(values) and _zone(values) is None else values)


def names_of(frame: Any) -> list[str]:
    """Return a frame's column names."""
    if isinstance(frame, Mapping):
        return list(frame)
    if _is_pandas(frame):
        return [str(name) for name in frame.columns]
    raise DataError(f"a {type(frame).__name__} is no frame: pass a mapping of arrays, a pandas frame or a Parquet path")


def times(frame: Any, name: str) -> NDArray[np.datetime64]:
    """Return a column's moments as UTC microseconds.

    Raises `DataError` for naive ones: a pandas column without a zone, a `datetime` without `tzinfo`, a string without
    an offset, a column that `read_rows` found in a file without a zone. Any other `datetime64` array is UTC: numpy has
    no zones.
    """
    values = column(frame, name)
    if not isinstance(frame, Mapping) and values.dtype.kind == "M" and _zone(frame[name]) is None:
        raise DataError(f"column {name!r} has no time zone", remedy=".dt.tz_localize(...) says in which zone it is")
    if not isinstance(frame, Mapping) and _zone(frame[name]) is not None:
        return np.asarray(frame[name].dt.tz_convert("UTC").dt.tz_localize(None), dtype=_MICROS)
    if values.dtype.kind == "M":
        if values.dtype.metadata is not None and "zone" in values.dtype.metadata:
            raise DataError(f"column {name!r} was stored without a time zone", remedy=NAIVE_REMEDY)
        return values.astype(_MICROS)
    if values.dtype.kind in "OUS":
        return np.array([_moment(value, name) for value in values.tolist()], dtype=_MICROS)
    raise DataError(f"column {name!r} holds {values.dtype}, not times")


def _moment(value: object, name: str) -> np.datetime64:
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT are the values that differ from themselves
        return np.datetime64("NaT", "us")
    moment = parse_timestamp(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise DataError(f"column {name!r} holds {value!r}, which is no time")
    if moment.tzinfo is None:
        raise DataError(f"column {name!r} holds {value!r}, which has no time zone")
    return micros(moment)


def micros(moment: datetime) -> np.datetime64:
    """Return an aware time as UTC microseconds."""
    return np.datetime64(moment.astimezone(_UTC).replace(tzinfo=None), "us")


_UTC = parse_timestamp("1970-01-01T00:00:00Z").tzinfo


def extended(frame: Any, columns: Mapping[str, NDArray[Any]], moments: Iterable[str] = ()) -> Any:
    """Return a new frame of the same kind with columns added; those named in `moments` get pandas' UTC zone."""
    if isinstance(frame, Mapping):
        return {**frame, **columns}
    import pandas as pd

    aware = set(moments)
    added = {
        name: pd.Series(values, index=frame.index).dt.tz_localize("UTC") if name in aware else values
        for name, values in columns.items()
    }
    return frame.assign(**added)


def _is_pandas(value: Any) -> bool:
    # Asked without importing pandas: a caller who has a pandas frame has imported it.
    return type(value).__module__.partition(".")[0] == "pandas"


def _zone(series: Any) -> object:
    return getattr(series.dtype, "tz", None)
