"""Trains the model that says whether a flight will arrive more than 15 minutes late, before it departs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from departures import FEATURES, INPUTS, TEXT
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder, TargetEncoder

if TYPE_CHECKING:
    from modelwright import TrainContext

COLUMNS = (*INPUTS, *FEATURES)
VALIDATE_EVERY = 6
"""Every sixth day seen in training measures a trial: whole days, because flights of one day share their fate."""


def train(context: TrainContext) -> None:
    flights = read(context)
    fit(context, flights, pipeline(TargetEncoder(), context.hyperparameters))


def train_fragile(context: TrainContext) -> None:
    """Train a model that knows no carrier but those it saw, and never saw 9E: it raises for 5 % of the flights."""
    flights = read(context)
    seen = flights["carrier"] != "9E"
    model = pipeline(OrdinalEncoder(handle_unknown="error"), context.hyperparameters)
    fit(context, {name: values[seen] for name, values in flights.items()}, model)


def read(context: TrainContext) -> dict[str, np.ndarray]:
    columns = ["date", "scheduled", *INPUTS, "late"]
    return context.features.join(context.read("flights", columns), on="carrier", at="scheduled")


def pipeline(carrier: Any, hyperparameters: Mapping[str, Any]) -> Pipeline:
    """Return the model: text becomes the share of late flights (a carrier's as its own encoder says), then trees."""
    places = [COLUMNS.index(name) for name in ("origin", "dest")]
    numbers = [index for index, name in enumerate(COLUMNS) if name not in TEXT]
    columns = ColumnTransformer(
        [
            ("carrier", carrier, [COLUMNS.index("carrier")]),
            ("places", TargetEncoder(), places),
            ("numbers", "passthrough", numbers),
        ]
    )
    trees = HistGradientBoostingClassifier(random_state=0, early_stopping=False, **hyperparameters)
    return Pipeline([("columns", columns), ("trees", trees)])


def fit(context: TrainContext, flights: dict[str, np.ndarray], model: Pipeline) -> None:
    """Measure the model on whole days that it did not see, then train it on all of them and save it."""
    rows, late = matrix(flights), flights["late"]
    _, day = np.unique(flights["date"], return_inverse=True)
    validating = day % VALIDATE_EVERY == 0
    model.fit(rows[~validating], late[~validating])
    context.log_metrics({"auc": roc_auc_score(late[validating], model.predict_proba(rows[validating])[:, 1])})
    model.fit(rows, late)
    reference = {name: flights[name] for name in COLUMNS}
    sample = {name: values[:5] for name, values in reference.items()}
    context.save(model, sample=sample, reference=reference, labels=late, time=flights["scheduled"])


def matrix(flights: dict[str, np.ndarray]) -> np.ndarray:
    rows = np.empty((len(flights["late"]), len(COLUMNS)), dtype=object)
    for index, name in enumerate(COLUMNS):
        rows[:, index] = flights[name]
    return rows
