"""Plant features for the online store: one row a key, ten floats, as a Parquet file. Arguments: folder, keys."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Write the file."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    values = ", ".join(f"(hash(i * 16 + {n}) % 1000000) / 1e6 AS f{n}" for n in range(10))
    duckdb.execute("SET TimeZone = 'UTC'")
    duckdb.execute(
        "COPY (SELECT i AS key, now() - INTERVAL 1 HOUR AS event_time, event_time AS created_time, "  # noqa: S608 (ours)
        f"{values} FROM range({given['keys']}) t(i)) TO '{folder}/online.parquet' (FORMAT parquet)"
    )
    print("{}")


if __name__ == "__main__":
    main()
