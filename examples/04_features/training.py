"""Trains the model that says whether an order will be sent back, from the order and the customer's last 30 days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

if TYPE_CHECKING:
    from modelwright import TrainContext

COLUMNS = ("amount", "orders_30d", "refunds_30d")
LAST_DAYS = np.timedelta64(30, "D")


def train(context: TrainContext) -> None:
    orders = context.read("orders", ["customer", "placed", "amount", "refunded"])
    known = context.features.join(orders, on="customer", at="placed")
    hindsight = context.features.join(orders, on="customer", at="placed", as_known=False)
    context.log_metrics({"auc": judge(known), "auc_in_hindsight": judge(hindsight)})
    model = fit(known, np.full(len(known["placed"]), fill_value=True))
    reference = {name: known[name] for name in COLUMNS}
    sample = {name: values[-5:] for name, values in reference.items()}
    context.save(model, sample=sample, reference=reference, labels=known["refunded"], time=known["placed"])


def judge(frame: dict[str, Any]) -> float:
    """Return the AUC on the last 30 days of a model that saw only the days before."""
    late = frame["placed"] >= frame["placed"].max() - LAST_DAYS
    chance = fit(frame, ~late).predict_proba(matrix(frame)[late])[:, 1]
    return float(roc_auc_score(frame["refunded"][late], chance))


def fit(frame: dict[str, Any], rows: np.ndarray) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=7, random_state=0)
    return model.fit(matrix(frame)[rows], frame["refunded"][rows])


def matrix(frame: dict[str, Any]) -> np.ndarray:
    return np.column_stack([frame[name].astype(np.float64) for name in COLUMNS])
