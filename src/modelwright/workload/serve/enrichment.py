"""Features that a request leaves out, read from the online store by the entity's keys.

The model's manifest says which views it was trained with. The request's own values win; a key without a row, or with
one past its time to live, gives nulls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelwright.clock import Clock
from modelwright.errors import IntegrityError, UsageError
from modelwright.workload.online import FeatureRow, SqliteOnline, open_online
from modelwright.workload.serve.config import ServeConfig
from modelwright.workload.table import plain


@dataclass(frozen=True, slots=True)
class _Use:
    view: str
    entity: tuple[str, ...]
    columns: tuple[str, ...]


class Enrichment:
    """Fills the columns of the views that a model uses."""

    def __init__(self, reader: SqliteOnline, uses: Sequence[_Use], clock: Clock) -> None:
        self._reader = reader
        self._uses = uses
        self._clock = clock
        self.missing = 0

    @property
    def entities(self) -> tuple[str, ...]:
        """The entity keys that a request may carry beside the model's inputs."""
        return tuple(dict.fromkeys(name for use in self._uses for name in use.entity))

    def fill(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[float | None]]:
        """Return the rows with features in place of absent columns, and the age in seconds of the oldest one used."""
        filled: list[dict[str, Any]] = [dict(row) for row in rows]
        ages: list[float | None] = [None] * len(rows)
        now = self._clock.now()
        for use in self._uses:
            wanted = [
                index
                for index, row in enumerate(rows)
                if any(name not in row for name in use.columns)
                and all(row.get(name) is not None for name in use.entity)
            ]
            if wanted:
                keys = [{name: rows[index][name] for name in use.entity} for index in wanted]
                for index, found in zip(wanted, self._reader.get(use.view, keys, now=now), strict=True):
                    self._put(filled[index], use, found)
                    ages[index] = _older(ages[index], _age(found, now))
        return list(filled), ages

    def _put(self, row: dict[str, Any], use: _Use, found: FeatureRow | None) -> None:
        self.missing += found is None
        for name in use.columns:
            if name not in row:
                row[name] = None if found is None else plain(found.features.get(name))


def _age(found: FeatureRow | None, now: datetime) -> float | None:
    return None if found is None else (now - found.event_time).total_seconds()


def _older(one: float | None, other: float | None) -> float | None:
    return max((age for age in (one, other) if age is not None), default=None)


def open_enrichment(config: ServeConfig, manifest: Mapping[str, Any], clock: Clock) -> Enrichment | None:
    """Return the enrichment of a model, None for one that uses no features.

    Raises `UsageError` without an online store and `IntegrityError` when a view's schema is not the trained one.
    """
    uses = manifest.get("feature_use") or []
    if not uses:
        return None
    if not config.online:
        raise UsageError("the model uses features, and the endpoint has no online store", remedy="set online=True")
    schemas = {view["name"]: view["schema"] for view in config.views}
    for use in uses:
        if schemas.get(use["view"]) != use["schema"]:
            raise IntegrityError(
                f"the model was trained on view {use['view']} with schema {use['schema']}; "
                f"the endpoint reads {schemas.get(use['view'], 'no such view')}",
                remedy="train again, or bring the view back to what it was",
            )
    reader = open_online(config.online, list(config.views))
    return Enrichment(reader, [_Use(u["view"], tuple(u["entity"]), tuple(u["columns"])) for u in uses], clock)
