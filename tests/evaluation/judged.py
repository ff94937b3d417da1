"""Held-out rows and saved models, planted for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from modelwright.workload.evaluate import run
from modelwright.workload.model_folder import save_model
from modelwright.workload.rows import write_parquet

DAYS = 60
PER_DAY = 40
HELD_OUT = '"number" % 5 = 0'


def flights(seed: int = 0) -> dict[str, NDArray[Any]]:
    """60 days of 40 rows; `number` is the day's, `late` depends on x and on z."""
    random = np.random.default_rng(seed)
    number = np.repeat(np.arange(DAYS), PER_DAY)
    x, z = random.normal(size=(2, number.size))
    when = np.datetime64("2013-01-01", "us") + number.astype("timedelta64[D]") + random.integers(0, 86_399, number.size)
    late = (random.random(number.size) < 1 / (1 + np.exp(-(1.2 * x + 1.2 * z)))).astype(np.int64)
    return {"number": number, "scheduled": when, "x": x, "z": z, "late": late}


def save(folder: Path, columns: list[str], rows: Mapping[str, NDArray[Any]], **extra: Any) -> str:
    """Train on the rows that are not held out, save, and return the model's address."""
    mine = rows["number"] % 5 != 0
    table = {name: rows[name][mine] for name in columns}
    model = LogisticRegression().fit(np.column_stack(list(table.values())), rows["late"][mine])
    save_model(folder, model, sample={n: v[:5] for n, v in table.items()}, reference=table, extra=extra)
    return folder.as_uri()


def days(*numbers: int) -> list[str]:
    return [str(np.datetime64("2013-01-01") + number) for number in numbers]


def trained(*numbers: int) -> dict[str, Any]:
    return {"flights": {"digest": "sha256:0", "files": 1, "blocks": days(*numbers)}}


def evaluation(root: Path, candidates: list[tuple[int, str]], **changes: Any) -> dict[str, Any]:
    """Run an evaluation and return its result."""
    config = {
        "schema": "modelwright.evaluate/1",
        "evaluation": "delay-1",
        "model": "delay",
        "candidates": [{"version": version, "model": uri} for version, uri in candidates],
        "data": (root / "flights").as_uri(),
        "where": HELD_OUT,
        "block": "day",
        "time": "scheduled",
        "since": None,
        "until": "2014-01-01T00:00:00.000000Z",
        "label": "late",
        "features": {"offline": None, "views": []},
        "metrics": ["auc", "accuracy"],
        "comparisons": [{"metric": "auc", "by": 0.005, "confidence": 0.95}],
        "checks": [],
        "resamples": 300,
        "seed": 0,
        "output": (root / "control").as_uri(),
    } | changes
    assert run(config) == 0
    path = root / f"control/evaluations/{config['evaluation']}/result.json"
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def plant(root: Path, rows: Mapping[str, NDArray[Any]]) -> None:
    half = len(rows["x"]) // 2
    for name, part in (("a", slice(None, half)), ("b", slice(half, None))):
        write_parquet(root / f"flights/{name}.parquet", {column: values[part] for column, values in rows.items()})
