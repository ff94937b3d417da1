"""The online feature store of the local platform: one SQLite file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from modelwright.contract.driver import OnlineRow
from modelwright.workload.online import FeatureRow, SqliteOnline


class LocalOnline:
    """Implements `contract.driver.Online` on the file that servers read too; `views` as in a workload's config."""

    def __init__(self, path: Path, views: Sequence[Mapping[str, Any]]) -> None:
        self._store = SqliteOnline(path, views)

    def write(self, view: str, rows: Sequence[OnlineRow]) -> int:
        """Write rows where they are newer than what is there; return how many were."""
        return self._store.write(view, [FeatureRow(row.keys, row.event_time, row.features) for row in rows])

    def get(self, view: str, keys: Sequence[Mapping[str, str | int]]) -> list[OnlineRow | None]:
        """Return the row of each key, in order, None where there is none."""
        found = self._store.get(view, keys)
        return [None if row is None else OnlineRow(row.keys, row.event_time, row.features) for row in found]

    def delete(self, view: str, keys: Sequence[Mapping[str, str | int]]) -> int:
        """Remove keys; return how many were there."""
        return self._store.delete(view, keys)

    def freshness(self, view: str) -> datetime | None:
        """Return the newest event time in a view."""
        return self._store.freshness(view)

    def count(self, view: str) -> int:
        """Return the number of keys in a view."""
        return self._store.count(view)
