"""One key at a time from Feast's SQLite online store. Arguments: folder, keys, reads, fill (materialise first)."""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.types import Float64
from feast.value_type import ValueType

NAMES = [f"f{n}" for n in range(10)]


def opened(folder: Path) -> FeatureStore:
    """Return the feature store of the folder."""
    repo = folder / "feast"
    repo.mkdir(exist_ok=True)
    return FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=str(repo / "registry.db"),
            online_store={"type": "sqlite", "path": str(repo / "online.db")},
            offline_store={"type": "duckdb"},
            entity_key_serialization_version=3,
        )
    )


def fill(store: FeatureStore, folder: Path) -> float:
    """Declare the view and materialise it; return the seconds of the latter."""
    key = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    source = FileSource(path=str(folder / "online.parquet"), timestamp_field="event_time")
    schema = [Field(name=name, dtype=Float64) for name in NAMES]
    view = FeatureView(name="bench", entities=[key], ttl=timedelta(days=30), schema=schema, source=source, online=True)
    store.apply([key, view])
    start = time.perf_counter()
    now = datetime.now(UTC)
    store.materialize(now - timedelta(days=2), now)
    return time.perf_counter() - start


def main() -> None:
    """Read random keys one by one; say the median and the 99th percentile in microseconds, and a sum as proof."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    store = opened(folder)
    filled = fill(store, folder) if given["fill"] else 0.0
    chosen = random.Random(7)  # noqa: S311 (the same keys for both sides)
    keys = [chosen.randrange(given["keys"]) for _ in range(given["reads"])]
    wanted = [f"bench:{name}" for name in NAMES]
    store.get_online_features(features=wanted, entity_rows=[{"key": 0}]).to_dict()
    took, total = [], 0.0
    for key in keys:
        start = time.perf_counter()
        found = store.get_online_features(features=wanted, entity_rows=[{"key": key}]).to_dict()
        took.append(time.perf_counter() - start)
        total += sum(found[name][0] for name in NAMES)
    took.sort()
    size = len(took)
    print(
        json.dumps({"p50": took[size // 2] * 1e6, "p99": took[size * 99 // 100] * 1e6, "sum": total, "filled": filled})
    )


if __name__ == "__main__":
    main()
