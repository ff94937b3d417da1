"""Registered models, loaded by skops itself and asked by the tests, and how sure their difference is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score
from skops.io import get_untrusted_types, load

RESAMPLES = 400


def answers(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return a model's probability of a late arrival for each row of inputs."""
    file = folder / "model.skops"
    model = load(file, trusted=get_untrusted_types(file=file))
    signature = json.loads((folder / "manifest.json").read_bytes())["signature"]
    names = [column["name"] for column in signature["inputs"]]
    values = np.empty((len(rows), len(names)), dtype=object)
    for number, row in enumerate(rows):
        values[number] = [math.nan if row[name] is None else row[name] for name in names]
    return model.predict_proba(values)[:, signature["classes"].index(1)]


def resampled_gains(labels: Any, new: Any, old: Any, days: Any) -> Any:
    """Return how much more AUC the new scores have, on days drawn again and again with replacement."""
    generator = np.random.default_rng(2013)
    rows = [np.flatnonzero(days == day) for day in np.unique(days)]
    gains = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([rows[day] for day in generator.integers(len(rows), size=len(rows))])
        gains.append(roc_auc_score(labels[drawn], new[drawn]) - roc_auc_score(labels[drawn], old[drawn]))
    return np.array(gains)
