"""The point-in-time join by Feast's DuckDB offline store: an entity data frame in, a data frame out."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.types import Float64
from feast.value_type import ValueType


def main() -> None:
    """Join once; say how long it took from the entities' file to the joined frame, and what came out."""
    folder = Path(json.loads(sys.argv[1])["folder"])
    repo = folder / "feast"
    repo.mkdir(exist_ok=True)
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=str(repo / "registry.db"),
            online_store={"type": "sqlite", "path": str(repo / "online.db")},
            offline_store={"type": "duckdb"},
            entity_key_serialization_version=3,
        )
    )
    key = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    source = FileSource(
        path=str(folder / "features.parquet"), timestamp_field="event_time", created_timestamp_column="created_time"
    )
    schema = [Field(name=f"f{n}", dtype=Float64) for n in range(5)]
    view = FeatureView(name="bench", entities=[key], ttl=timedelta(days=30), schema=schema, source=source, online=False)
    store.apply([key, view])
    start = time.perf_counter()
    entities = pd.read_parquet(folder / "entities.parquet")
    job = store.get_historical_features(entity_df=entities, features=[f"bench:f{n}" for n in range(5)])
    joined = job.to_df()
    seconds = time.perf_counter() - start
    sums = [float(joined[f"f{n}"].sum()) for n in range(5)]
    matched = int(joined["f0"].notna().sum())
    print(json.dumps({"seconds": seconds, "rows": len(joined), "matched": matched, "sums": sums}))


if __name__ == "__main__":
    main()
