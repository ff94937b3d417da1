"""The point-in-time join by modelwright's offline side: a mapping of arrays in, a mapping of arrays out."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from modelwright.workload.offline import OfflineFeatures
from modelwright.workload.rows import read_rows

VIEW = {
    "name": "bench",
    "entity": ["key"],
    "timestamp": "event_time",
    "created": "created_time",
    "ttl": 30 * 86_400,
    "features": {f"f{n}": "float64" for n in range(5)},
    "schema": "abcdef12",
}


def main() -> None:
    """Join once; say how long it took from the entities' file to the joined arrays, and what came out."""
    given = json.loads(sys.argv[1])
    folder, lake = Path(given["folder"]), given.get("lake", "lake")
    start = time.perf_counter()
    frame = read_rows((folder / "entities.parquet").as_uri())
    joined, _ = OfflineFeatures((folder / lake).as_uri(), [VIEW]).join(frame, on="key", at="event_timestamp")
    seconds = time.perf_counter() - start
    found = joined["f0"]
    sums = [float(np.nansum(joined[f"f{n}"])) for n in range(5)]
    print(json.dumps({"seconds": seconds, "rows": len(found), "matched": int((~np.isnan(found)).sum()), "sums": sums}))


if __name__ == "__main__":
    main()
