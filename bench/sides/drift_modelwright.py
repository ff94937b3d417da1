"""Drift of every column by modelwright's profiles: PSI, JS, L-infinity, KS and Wasserstein, from Parquet files."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from modelwright.stats.drift import drift_columns
from modelwright.stats.profile import profile_columns
from modelwright.workload.rows import read_rows

METHODS = ("psi", "js", "l_infinity", "ks", "wasserstein")
LIMIT = 0.1  # evidently's default for both of its statistics


def main() -> None:
    """Profile the reference, count the current rows in its bins, compute five statistics; say which columns drifted."""
    folder = Path(json.loads(sys.argv[1])["folder"])
    start = time.perf_counter()
    reference = profile_columns(read_rows((folder / "reference.parquet").as_uri()))
    profiled = time.perf_counter() - start
    current = reference.count(read_rows((folder / "current.parquet").as_uri()))
    found = {method: drift_columns(reference, current, method) for method in METHODS}
    seconds = time.perf_counter() - start
    numeric = {name: value.value for name, value in found["wasserstein"].items() if value.value is not None}
    nominal = {name: value.value or 0.0 for name, value in found["js"].items() if name not in numeric}
    drifted = sorted(name for name, value in {**numeric, **nominal}.items() if value >= LIMIT)
    print(json.dumps({"seconds": seconds, "profiled": profiled, "drifted": drifted, "columns": len(reference.columns)}))


if __name__ == "__main__":
    main()
