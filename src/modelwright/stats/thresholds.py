"""Thresholds from the reference itself: what its own windows drift from the whole of it.

A threshold such as PSI 0.2 says nothing about a column whose weeks differ by nature (weather, seasons). So windows of
the monitor's length inside the reference are replayed; their 95 % quantile is the threshold, and the share of them
beyond any given number is that number's share of false alarms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from modelwright.errors import DataError, UsageError
from modelwright.stats.columns import Columns, Floats, Values, as_columns, as_values, infer_kind, numbers
from modelwright.stats.drift import METHODS, check_method, statistic_value
from modelwright.stats.profile import ColumnProfile, Profile, merge_columns
from modelwright.stats.replay import FEWEST_WINDOWS, Basis, ReferenceDrift, Threshold

_COVERED = 0.95
_BLOCKS = 20
_FEWEST_ROWS = 100
_RESAMPLED = 100


def replay(
    reference: Profile,
    columns: Columns,
    times: Values | Sequence[Any],
    window: float,
    *,
    methods: Iterable[str] = METHODS,
    origin: float | None = None,
    seed: int = 0,
) -> ReferenceDrift:
    """Compute the drift of the reference's own windows of `window` seconds, to be stored with its profile.

    `columns` are the reference's rows and `times` their event times (datetime64, datetimes, RFC 3339 text, or numbers
    of seconds). Windows follow one another from `origin` (seconds since 1970; default: the first row's time); a window
    counts if the reference covers 95 % of it. With fewer than 5 of them, 100 windows are put together from blocks of a
    twentieth of the reference, drawn with replacement (basis `blocks`: too smooth where neighbouring blocks are
    alike). With fewer than 100 rows nothing is computed (basis `default`). Rows without time are left out.
    """
    chosen = tuple(methods)
    for method in chosen:
        check_method(method)
    if not window > 0:
        raise UsageError(f"a window of {window} seconds makes no sense")
    arrays = {name: values for name, values in as_columns(columns).items() if name in reference.columns}
    seconds = _seconds(times, reference.rows if not arrays else len(next(iter(arrays.values()))))
    parts = _windows(seconds, window, origin)
    if len(parts) >= FEWEST_WINDOWS:
        counted = [reference.count(_take(arrays, part)).columns for part in parts]
        return _drift_of(reference, counted, window, "windows", chosen)
    if np.isfinite(seconds).sum() < _FEWEST_ROWS:
        return ReferenceDrift(window, "default", 0, {})
    counted = _resampled(reference, arrays, seconds, window, seed)
    return _drift_of(reference, counted, window, "blocks", chosen)


def auto_threshold(
    windows: Iterable[Columns], reference: Profile, method: str, *, quantile: float = 0.95
) -> dict[str, Threshold]:
    """Return the threshold of every column from given windows of the reference's rows."""
    check_method(method)
    counted = [reference.count(window).columns for window in windows]
    drift = _drift_of(reference, counted, 0.0, "windows", (method,))
    return {name: drift.threshold(name, method, quantile=quantile) for name in reference.columns}


def false_alarm_share(values: Sequence[float], number: float) -> float | None:
    """Return the share of replayed statistics beyond `number`; None without any."""
    return sum(value > number for value in values) / len(values) if values else None


def _seconds(times: Values | Sequence[Any], rows: int) -> Floats:
    values = as_values(times, "times")
    if len(values) != rows:
        raise DataError(f"{len(values)} times for {rows} rows")
    if infer_kind(values) == "numeric":
        return numbers(values, "numeric")[0]
    return numbers(values, "timestamp")[0] / 1e6


def _windows(seconds: Floats, window: float, origin: float | None) -> list[Values]:
    known = seconds[np.isfinite(seconds)]
    if not len(known):
        return []
    first, last = float(known.min()), float(known.max())
    start = first if origin is None else origin
    slack = (1 - _COVERED) * window
    numbered = np.floor((seconds - start) / window)
    whole = [
        number
        for number in np.unique(numbered[np.isfinite(numbered)])
        if start + number * window >= first - slack and start + (number + 1) * window <= last + slack
    ]
    return [np.flatnonzero(numbered == number) for number in whole]


def _resampled(
    reference: Profile, arrays: Mapping[str, Values], seconds: Floats, window: float, seed: int
) -> list[Mapping[str, ColumnProfile]]:
    known = np.flatnonzero(np.isfinite(seconds))
    first, last = seconds[known].min(), seconds[known].max()
    length = (last - first) / _BLOCKS or 1.0
    codes = np.minimum(((seconds[known] - first) // length).astype(int), _BLOCKS - 1)
    blocks = [reference.count(_take(arrays, known[codes == code])).columns for code in np.unique(codes)]
    size = int(np.clip(round(window / length), 1, _BLOCKS))
    drawn = np.random.default_rng(seed).integers(0, len(blocks), size=(_RESAMPLED, size))
    return [
        {name: merge_columns([blocks[number][name] for number in row], name) for name in reference.columns}
        for row in drawn
    ]


def _take(arrays: Mapping[str, Values], rows: Values) -> dict[str, Values]:
    return {name: values[rows] for name, values in arrays.items()}


def _drift_of(
    reference: Profile,
    windows: Sequence[Mapping[str, ColumnProfile]],
    length: float,
    basis: Basis,
    methods: tuple[str, ...],
) -> ReferenceDrift:
    statistics: dict[str, dict[str, tuple[float, ...]]] = {}
    for name, column in reference.columns.items():
        found = {method: [statistic_value(column, window[name], method) for window in windows] for method in methods}
        known = {method: tuple(v for v in values if v is not None) for method, values in found.items()}
        statistics[name] = {method: values for method, values in known.items() if values}
    return ReferenceDrift(float(length), basis, len(windows), statistics)
