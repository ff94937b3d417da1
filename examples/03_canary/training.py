"""Trains the model that says whether a growth is benign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from patients import LAST, read_patients
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    from modelwright import TrainContext


def train(context: TrainContext) -> None:
    columns, benign = read_patients()
    fit(context, columns, benign)


def train_careless(context: TrainContext) -> None:
    """Forget one clinic. The encoder refuses what it never saw, so every request from there fails: 5 % of them."""
    columns, benign = read_patients()
    known = columns["clinic"] != LAST
    fit(context, {name: values[known] for name, values in columns.items()}, benign[known])


def fit(context: TrainContext, columns: dict[str, np.ndarray], benign: np.ndarray) -> None:
    rows = np.column_stack([values.astype(object) for values in columns.values()])
    encoding = ColumnTransformer([("clinic", OneHotEncoder(), [3]), ("measures", StandardScaler(), [0, 1, 2])])
    strength = float(context.hyperparameters.get("C", 1.0))
    model = make_pipeline(encoding, LogisticRegression(C=strength, max_iter=1000)).fit(rows, benign)
    context.log_metrics({"accuracy": model.score(rows, benign), "clinics": len(np.unique(columns["clinic"]))})
    context.save(model, sample={name: values[:5] for name, values in columns.items()}, reference=columns, labels=benign)
