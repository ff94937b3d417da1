"""What was predicted in a window: captured rows by version, as columns, with the objects that they came from."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np

from modelwright.errors import DataError
from modelwright.store import Store
from modelwright.workload.frames import micros
from modelwright.workload.monitor.result import SHADOW
from modelwright.workload.monitor.windows import Window
from modelwright.workload.truth import key_of, lines_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOG = logging.getLogger("modelwright.monitor")
_HOUR = timedelta(hours=1)
_EXACT = 2**53

Origin: TypeAlias = tuple[int, bool]
"""The version that answered, and whether the request was mirrored."""


class _Line(msgspec.Struct):
    id: str
    at: datetime
    received: datetime
    version: int | str | None = None
    variant: str = ""
    keys: dict[str, Any] = {}  # msgspec copies the defaults for each row
    inputs: dict[str, Any] = {}
    output: dict[str, Any] = {}
    flags: list[str] = []
    mirror: bool = False


@dataclass(frozen=True, slots=True)
class Predictions:
    """Rows of one version in one window; a missing value is None or NaN. `sources` counts the rows of each object."""

    keys: list[tuple[Any, ...]] = field(default_factory=list)
    inputs: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    outputs: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.keys)

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Inputs and outputs by name, as a profile has them."""
        return {**self.inputs, **self.outputs}


def capture_listing(store: Store, endpoint: str, window: Window) -> list[str]:
    """Return the keys of the objects that can hold a window's rows: partitions are named by the hour of `at`."""
    hours = []
    hour = window.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < window.end:
        hours.append(hour)
        hour += _HOUR
    wanted = {f"dt={hour:%Y-%m-%d}/hh={hour:%H}" for hour in hours}
    days = sorted({f"{hour:%Y-%m-%d}" for hour in hours})
    found = [key for day in days for key in store.keys(f"capture/{endpoint}/dt={day}/")]
    return [key for key in found if "/".join(key.split("/")[-3:-1]) in wanted]


@dataclass(frozen=True, slots=True)
class _Batch:
    """The rows that one object holds of one version, already as columns: a window may have millions of rows."""

    source: str
    received: NDArray[np.int64]
    keys: list[tuple[Any, ...]]
    inputs: Mapping[str, NDArray[Any]]
    outputs: Mapping[str, NDArray[Any]]


class WindowRows:
    """All rows captured for one window, read once; `until` moments choose among them."""

    def __init__(self, store: Store, listing: Iterable[str], window: Window, keys: Sequence[str]) -> None:
        self._batches: dict[Origin, list[_Batch]] = {}
        seen: set[str] = set()
        for key in listing:
            lines: dict[Origin, list[_Line]] = {}
            for line in _readable(store, key):
                origin = _origin(line)
                if origin is not None and window.start <= line.at < window.end and line.id not in seen:
                    seen.add(line.id)
                    lines.setdefault(origin, []).append(line)
            for origin, chosen in lines.items():
                self._batches.setdefault(origin, []).append(_batch(key, chosen, tuple(keys)))

    def origins(self) -> list[Origin]:
        """Return the versions that have rows."""
        return sorted(self._batches)

    def predictions(self, origin: Origin, until: datetime) -> Predictions:
        """Return a version's rows that had arrived at a moment."""
        last = micros(until).astype(np.int64)
        batches = self._batches.get(origin, [])
        masks = [batch.received <= last for batch in batches]
        chosen = [(batch, mask) for batch, mask in zip(batches, masks, strict=True) if mask.any()]
        return Predictions(
            keys=[key for batch, mask in chosen for key, kept in zip(batch.keys, mask.tolist(), strict=True) if kept],
            inputs=_stacked([(batch.inputs, mask) for batch, mask in chosen]),
            outputs=_stacked([(batch.outputs, mask) for batch, mask in chosen]),
            sources={batch.source: int(mask.sum()) for batch, mask in chosen},
        )


def _batch(key: str, lines: Sequence[_Line], keys: tuple[str, ...]) -> _Batch:
    received = np.array([micros(line.received) for line in lines], dtype="datetime64[us]").view(np.int64)
    return _Batch(
        source=key,
        received=received,
        keys=[key_of(line.keys, keys) for line in lines],
        inputs=_columns([line.inputs for line in lines]),
        outputs=_columns([_flat(line.output) for line in lines]),
    )


def _stacked(parts: Sequence[tuple[Mapping[str, NDArray[Any]], NDArray[np.bool_]]]) -> dict[str, NDArray[Any]]:
    names = dict.fromkeys(name for columns, _ in parts for name in columns)
    return {
        name: np.concatenate(
            [
                columns[name][mask] if name in columns else np.full(int(mask.sum()), None, dtype=object)
                for columns, mask in parts
            ]
        )
        for name in names
    }


def _readable(store: Store, key: str) -> list[_Line]:
    try:
        return list(lines_of(store, key, _Line))
    except DataError as error:
        # One torn object must not blind the monitor: the others still say what happened.
        _LOG.warning("%s", error)
        return []


def _origin(line: _Line) -> Origin | None:
    if line.version is None or not str(line.version).isdecimal():
        return None
    if not line.output:  # refused by a guardrail: it was asked, and nothing was served
        return None
    return int(line.version), line.mirror or line.variant == SHADOW


def _flat(output: Mapping[str, Any]) -> dict[str, Any]:
    shares = output.get("probabilities")
    rest = {name: value for name, value in output.items() if name not in {"probabilities", "flags"}}
    return rest | {f"probability_{name}": share for name, share in (shares or {}).items()}


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(values: list[Any]) -> NDArray[Any]:
    kinds = set(map(type, values))
    if kinds <= {float, int, type(None)} and kinds != {type(None)}:
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        if float in kinds or not (np.abs(numbers) >= _EXACT).any():
            return numbers
    column = np.empty(len(values), dtype=object)
    column[:] = [sys.intern(value) if type(value) is str else value for value in values]
    return column
