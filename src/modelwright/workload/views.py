"""A feature view as jobs and servers see it: entity keys, times, features, and where its rows lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelwright.errors import DataError
from modelwright.store import local_path

SQL_TYPES = {
    "float64": "DOUBLE",
    "float32": "FLOAT",
    "int64": "BIGINT",
    "int32": "INTEGER",
    "bool": "BOOLEAN",
    "string": "VARCHAR",
    "timestamp": "TIMESTAMPTZ",
}
EVENT_TIME = "event_time"
CREATED_TIME = "created_time"


@dataclass(frozen=True, slots=True)
class View:
    """One view of a feature store; `ttl` in seconds, `features` maps a name to its type."""

    name: str
    entity: tuple[str, ...]
    features: Mapping[str, str]
    schema: str
    ttl: float | None = None
    timestamp: str = EVENT_TIME
    created: str = CREATED_TIME
    source: str = ""
    online: bool = False

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> View:
        """Read the `view` of a workload's config. Raises `DataError` for an unknown feature type."""
        features = dict(document["features"])
        for feature, kind in features.items():
            if kind not in SQL_TYPES:
                known = ", ".join(SQL_TYPES)
                raise DataError(f"feature {feature!r} has the unknown type {kind!r}; known: {known}")
        return cls(
            name=document["name"],
            entity=tuple(document["entity"]),
            features=features,
            schema=document["schema"],
            ttl=None if document.get("ttl") is None else float(document["ttl"]),
            timestamp=document.get("timestamp") or EVENT_TIME,
            created=document.get("created") or CREATED_TIME,
            source=document.get("source") or "",
            online=bool(document.get("online")),
        )

    @property
    def table(self) -> str:
        """The name under which this view in this schema is kept: a changed schema never mixes with the old rows."""
        return f"{self.name}@{self.schema}"

    def folder(self, offline: str) -> Path:
        """Return the folder of the view's offline partitions below the feature store's `offline` address."""
        return local_path(offline) / "features" / self.name / self.schema

    def use(self) -> dict[str, Any]:
        """Return the entry of a model manifest's `feature_use`."""
        return {"view": self.name, "schema": self.schema, "entity": list(self.entity), "columns": list(self.features)}
