"""What was predicted in a window: captured rows by version, as columns, with the objects that they came from."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np

from modelwright.errors import DataError
from modelwright.store import Store
from modelwright.workload.monitor.result import SHADOW
from modelwright.workload.monitor.windows import Window
from modelwright.workload.truth import lines_of

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


class WindowRows:
    """All rows captured for one window, read once; `until` moments choose among them."""

    def __init__(self, store: Store, listing: Iterable[str], window: Window, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        self._rows: list[tuple[_Line, str]] = []
        seen: set[str] = set()
        for key in listing:
            for line in _readable(store, key):
                if window.start <= line.at < window.end and line.id not in seen:
                    seen.add(line.id)
                    self._rows.append((line, key))

    def origins(self) -> list[Origin]:
        """Return the versions that have rows."""
        return sorted({origin for line, _ in self._rows if (origin := _origin(line)) is not None})

    def predictions(self, origin: Origin, until: datetime) -> Predictions:
        """Return a version's rows that had arrived at a moment."""
        chosen = [(line, key) for line, key in self._rows if _origin(line) == origin and line.received <= until]
        lines = [line for line, _ in chosen]
        return Predictions(
            keys=[tuple(line.keys.get(name) for name in self._keys) for line in lines],
            inputs=_columns([line.inputs for line in lines]),
            outputs=_columns([_flat(line.output) for line in lines]),
            sources=dict(sorted(Counter(key for _, key in chosen).items())),
        )


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
    column[:] = values
    return column
