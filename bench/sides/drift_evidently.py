"""Drift of every column by evidently's default preset: one statistic a column, from Parquet files."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

LIMIT = 0.1


def main() -> None:
    """Run the preset; say which columns drifted."""
    folder = Path(json.loads(sys.argv[1])["folder"])
    start = time.perf_counter()
    reference = pd.read_parquet(folder / "reference.parquet")
    current = pd.read_parquet(folder / "current.parquet")
    document = Report([DataDriftPreset()]).run(current, reference).dict()
    seconds = time.perf_counter() - start
    found = {}
    for metric in document["metrics"]:
        named = re.search(r"ValueDrift\(column=(\w+)", str(metric.get("metric_name") or metric.get("metric_id")))
        if named:
            found[named[1]] = float(metric["value"])
    drifted = sorted(name for name, value in found.items() if value >= LIMIT)
    print(json.dumps({"seconds": seconds, "drifted": drifted, "columns": len(found)}))


if __name__ == "__main__":
    main()
