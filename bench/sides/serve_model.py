"""The model that every server serves."""

from __future__ import annotations

from typing import Any

COLUMNS = 20


def fitted() -> tuple[Any, Any, Any]:
    """Return a fitted pipeline, its rows and their labels; the same everywhere."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(0)
    rows = random.normal(size=(5_000, COLUMNS))
    kinds = (rows[:, 0] + 0.5 * rows[:, 1] + random.normal(size=len(rows)) > 0).astype(int)
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, kinds), rows, kinds
