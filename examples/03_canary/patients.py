"""The patients: 569 biopsies that come with scikit-learn, spread evenly over twenty clinics."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_breast_cancer

CLINICS = tuple(f"c{number:02}" for number in range(1, 21))
LAST = CLINICS[-1]
MEASURES = ("radius", "texture", "smoothness")


def read_patients() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the columns of all patients, and for each whether the growth was benign."""
    data = load_breast_cancer()
    names = [f"mean {name}" for name in MEASURES]
    measured = [data.data[:, list(data.feature_names).index(name)] for name in names]
    order = np.random.default_rng(0).permutation(len(data.target))
    columns = dict(zip(MEASURES, measured, strict=True))
    columns["clinic"] = np.array(CLINICS, dtype=object)[order % len(CLINICS)]
    return columns, data.target
