"""One key at a time from modelwright's online store. Arguments: folder, keys, reads, fill (write the store first)."""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from modelwright.workload.online import FeatureRow, SqliteOnline
from modelwright.workload.rows import read_rows

NAMES = [f"f{n}" for n in range(10)]
VIEW = {"name": "bench", "entity": ["key"], "ttl": None, "features": dict.fromkeys(NAMES, "float64"), "schema": "a0"}


def fill(store: SqliteOnline, folder: Path) -> float:
    """Write every row; return the seconds."""
    start = time.perf_counter()
    rows = read_rows((folder / "online.parquet").as_uri())
    at = datetime.now(UTC)
    columns = [rows[name].tolist() for name in NAMES]
    store.write(
        "bench",
        (
            FeatureRow({"key": key}, at, dict(zip(NAMES, values, strict=True)))
            for key, *values in zip(rows["key"].tolist(), *columns, strict=True)
        ),
    )
    return time.perf_counter() - start


def main() -> None:
    """Read random keys one by one; say the median and the 99th percentile in microseconds, and a sum as proof."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    store = SqliteOnline(folder / "ours.sqlite", [VIEW])
    filled = fill(store, folder) if given["fill"] else 0.0
    chosen = random.Random(7)  # noqa: S311 (the same keys for both sides)
    keys = [chosen.randrange(given["keys"]) for _ in range(given["reads"])]
    took, total = [], 0.0
    for key in keys:
        start = time.perf_counter()
        found = store.get("bench", [{"key": key}])
        took.append(time.perf_counter() - start)
        row = found[0]
        assert row is not None
        total += sum(row.features[name] for name in NAMES)
    took.sort()
    size = len(took)
    print(
        json.dumps({"p50": took[size // 2] * 1e6, "p99": took[size * 99 // 100] * 1e6, "sum": total, "filled": filled})
    )


if __name__ == "__main__":
    main()
