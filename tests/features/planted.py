"""A view with planted rows, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.workload.rows import write_parquet

WEEK = 7 * 86_400.0


def view(root: Path, **changes: Any) -> dict[str, Any]:
    return {
        "name": "carrier",
        "store": "features",
        "entity": ["carrier"],
        "timestamp": "hour",
        "created": "created_time",
        "ttl": WEEK,
        "features": {"delay": "float64", "flights": "int64"},
        "schema": "abcdef12",
        "source": (root / "features/carrier").as_uri(),
        "online": True,
    } | changes


def moments(*texts: str) -> NDArray[np.datetime64]:
    return np.array(texts, dtype="datetime64[us]")


def partition(root: Path, columns: Mapping[str, NDArray[Any]], folder: str = "features/carrier/abcdef12") -> None:
    """Write rows where the offline side keeps them, one file a day."""
    days = columns["event_time"].astype("datetime64[D]")
    for day in np.unique(days):
        chosen = {name: values[days == day] for name, values in columns.items()}
        write_parquet(root / folder / f"dt={day}" / "000001-0.parquet", chosen)
