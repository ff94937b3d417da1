"""Plant features and entities for the point-in-time join, as modelwright's partitions and as one file for Feast.

Arguments: folder, features (rows), entities (rows), uneven (write the features again as known up to an hour after their
event). A hundred feature rows a key, five float features, 90 days; entities ask from day 5 on. On purpose there are
entity rows that nothing answers, for keys that do not exist, and pairs of rows that are equal in key and time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

DAYS = 90


def main() -> None:
    """Write the files."""
    given = json.loads(sys.argv[1])
    folder, features, entities = Path(given["folder"]), given["features"], given["entities"]
    keys = features // 100
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"memory_limit": "3GB", "threads": "2", "temp_directory": str(folder / "spill")})
    connection.execute("SET TimeZone = 'UTC'")
    moment = "to_timestamp(1735689600 + ((hash(i) // 7) % {seconds})::DOUBLE)"
    values = ", ".join(f"(hash(i * 8 + {n}) % 1000000) / 1e6 AS f{n}" for n in range(5))
    # A key's hundred rows lie in a hundred spans of time, in mixed order: no two are of one moment, or either may win.
    span = DAYS * 86400 // 100
    event = f"to_timestamp(1735689600 + ((i // {keys} * 37) % 100 * {span} + hash(i) % {span})::DOUBLE)"
    connection.execute(
        f"CREATE TABLE features AS SELECT i % {keys} AS key, {event} AS event_time, "  # noqa: S608 (numbers)
        f"event_time AS created_time, {values} FROM range({features}) t(i)"
    )
    rows = entities - entities // 500  # the rest are repeated rows
    connection.execute(
        f"CREATE TABLE entities AS SELECT (hash(i + 99) % {keys + keys // 50})::BIGINT AS key, "  # noqa: S608 (numbers)
        f"{moment.format(seconds=(DAYS - 5) * 86400)} + INTERVAL 5 DAY AS event_timestamp, i AS row "
        f"FROM range({rows}) t(i)"
    )
    connection.execute(
        f"INSERT INTO entities SELECT key, event_timestamp, row + {rows} FROM entities LIMIT {entities - rows}"  # noqa: S608 (numbers)
    )
    connection.execute(f"COPY entities TO '{folder}/entities.parquet' (FORMAT parquet)")
    connection.execute(f"COPY features TO '{folder}/features.parquet' (FORMAT parquet)")
    _write(connection, folder / "lake", "created_time")
    if given.get("uneven"):
        _write(connection, folder / "uneven", "created_time + to_seconds((hash(key * f0) % 3600)::DOUBLE)")
    print(json.dumps({"features": features, "entities": entities, "keys": keys}))


def _write(connection: duckdb.DuckDBPyConnection, store: Path, created: str) -> None:
    lake = store / "features" / "bench" / "abcdef12"
    lake.mkdir(parents=True, exist_ok=True)
    days = connection.execute("SELECT DISTINCT event_time::DATE::VARCHAR FROM features").fetchall()
    connection.execute(
        f"COPY (SELECT * REPLACE ({created} AS created_time), event_time::DATE::VARCHAR AS dt FROM features "  # noqa: S608 (ours)
        f"ORDER BY dt) TO '{lake}' (FORMAT parquet, PARTITION_BY (dt), OVERWRITE_OR_IGNORE true)"
    )
    assert len(days) == len(list(lake.glob("dt=*")))


if __name__ == "__main__":
    main()
