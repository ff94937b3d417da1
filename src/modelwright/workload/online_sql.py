"""One view's SQL on the online store, and the translation between its rows and SQLite's.

Identifiers are quoted, values are bound.
"""
# ruff: noqa: S608 - every identifier in these statements went through `quoted`

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from modelwright.errors import DataError, did_you_mean
from modelwright.workload.rows import quoted
from modelwright.workload.views import View

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TYPES = {"float64": "REAL", "float32": "REAL", "string": "TEXT"}
# Without a created time a row replaces one of the same event time, however late that was created.
_ALWAYS = (1 << 63) - 1

Keys = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One row of a view: the entity's keys, when it was true, its features, and when it became known (if told)."""

    keys: Keys
    event_time: datetime
    features: Mapping[str, Any]
    created: datetime | None = None


class Statements:
    """The SQL of one view, made once."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.width = len(view.entity)
        self.table = quoted(view.table)
        self._features = tuple(view.features)
        self._ttl = None if view.ttl is None else round(view.ttl * 1_000_000)
        self._times = tuple(name for name, kind in view.features.items() if kind == "timestamp")
        self._bools = tuple(name for name, kind in view.features.items() if kind == "bool")
        self._converted = bool(self._times or self._bools)
        self._entity = tuple(view.entity)
        keys = ", ".join(quoted(name) for name in view.entity)
        names = ", ".join([keys, "_event", "_created", *(quoted(name) for name in self._features)])
        fields = [f"{quoted(name)} NOT NULL" for name in view.entity]
        fields += ["_event INTEGER NOT NULL", "_created INTEGER NOT NULL"]
        fields += [f"{quoted(name)} {_TYPES.get(kind, 'INTEGER')}" for name, kind in view.features.items()]
        self.create = (
            f"CREATE TABLE IF NOT EXISTS {self.table} ({', '.join(fields)}, PRIMARY KEY ({keys})) WITHOUT ROWID"
        )
        marks = ", ".join("?" for _ in range(self.width + 2 + len(self._features)))
        updates = ", ".join(f"{c} = excluded.{c}" for c in ("_event", "_created", *map(quoted, self._features)))
        self.upsert = (
            f"INSERT INTO {self.table} ({names}) VALUES ({marks}) ON CONFLICT ({keys}) DO UPDATE SET {updates} "
            f"WHERE excluded._event > _event OR (excluded._event = _event AND excluded._created >= _created)"
        )
        equal = " AND ".join(f"{quoted(name)} = ?" for name in view.entity)
        selected = ", ".join([keys, "_event", *(quoted(name) for name in self._features)])
        self._select = f"SELECT {selected} FROM {self.table} WHERE "
        self._keys = keys
        self.select_one = self._select + equal
        self.delete = f"DELETE FROM {self.table} WHERE {equal}"

    def select_many(self, count: int) -> str:
        """Return the SELECT of so many keys."""
        one = "(" + ", ".join("?" for _ in range(self.width)) + ")"
        return f"{self._select}({self._keys}) IN (VALUES {', '.join([one] * count)})"

    def key(self, keys: Keys) -> tuple[Any, ...]:
        """Return a key's values in the order of the entity."""
        try:
            return (keys[self._entity[0]],) if self.width == 1 else tuple([keys[name] for name in self._entity])
        except KeyError as error:
            raise DataError(f"view {self.view.name!r} needs the key {error.args[0]!r}") from None

    def values(self, row: FeatureRow) -> tuple[Any, ...]:
        """Return a row's values in the order of the table. Raises `DataError` for what does not fit the view."""
        unknown = set(row.features) - set(self._features)
        if unknown:
            wrong = min(unknown)
            raise DataError(
                f"view {self.view.name!r} has no feature {wrong!r}", remedy=did_you_mean(wrong, self._features)
            )
        if row.event_time.tzinfo is None:
            raise DataError(f"event_time {row.event_time!r} has no time zone")
        created = _ALWAYS if row.created is None else _micros(row.created)
        features = [_stored(row.features.get(name)) for name in self._features]
        return (*self.key(row.keys), _micros(row.event_time), created, *features)

    def oldest(self, now: datetime | None) -> int | None:
        """Return the first event time (microseconds) that is not too old, None where nothing ever is."""
        return None if now is None or self._ttl is None else _micros(now) - self._ttl

    def row(self, found: tuple[Any, ...] | None, oldest: int | None) -> FeatureRow | None:
        """Return what was selected as a row, None where it is too old."""
        if found is None:
            return None
        width = self.width
        event = found[width]
        if oldest is not None and event < oldest:
            return None
        features = dict(zip(self._features, found[width + 1 :], strict=True))
        if self._converted:
            self._convert(features)
        keys = {self._entity[0]: found[0]} if width == 1 else dict(zip(self._entity, found[:width], strict=True))
        return FeatureRow(keys, _EPOCH + event * _MICROSECOND, features)

    def _convert(self, features: dict[str, Any]) -> None:
        for name in self._times:
            features[name] = None if features[name] is None else moment(features[name])
        for name in self._bools:
            features[name] = None if features[name] is None else bool(features[name])


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return _micros(value)
    return None if value != value else value  # noqa: PLR0124 - NaN is SQLite's null


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    """Return the time of UTC microseconds."""
    return _EPOCH + micros * _MICROSECOND
