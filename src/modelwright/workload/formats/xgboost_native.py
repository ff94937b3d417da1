"""XGBoost's own binary JSON (UBJ), for boosters and for the classes with scikit-learn's methods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from modelwright.errors import ModelFormatError
from modelwright.workload.formats.boosters import booster_answer, choose_booster_form
from modelwright.workload.formats.estimator import classes_of
from modelwright.workload.formats.saving import Answer, Call, Saved, Saving

NAME = "xgboost"
FILE = "model.ubj"


def accepts(model: object) -> bool:
    """Return whether the model is XGBoost's."""
    return type(model).__module__.partition(".")[0] == "xgboost"


def save(model: Any, folder: Path, saving: Saving) -> Saved:
    """Write the booster; it is asked up to its best iteration, as the model itself does after early stopping."""
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    booster.save_model(str(folder / FILE))
    objective = str(json.loads(booster.save_config())["learner"]["objective"]["name"])
    best = booster.attributes().get("best_iteration")
    last = 0 if best is None else int(best) + 1
    classes = classes_of(model) or saving.classes or _numbered(objective, booster)
    form = choose_booster_form(_call(booster, objective, last), saving)
    return Saved(form, classes, details={"objective": objective, "iterations": last})


def _numbered(objective: str, booster: Any) -> tuple[int, ...] | None:
    if objective == "binary:logistic":
        return (0, 1)
    if not objective.startswith("multi:"):
        return None
    settings = json.loads(booster.save_config())["learner"]["learner_model_param"]
    return tuple(range(int(settings["num_class"])))


def load(folder: Path, manifest: Mapping[str, Any]) -> Call:
    """Read the file back. Raises `ModelFormatError` without XGBoost or for a damaged file."""
    try:
        import xgboost
    except ImportError as error:
        raise ModelFormatError("this model needs xgboost", remedy="install xgboost (or xgboost-cpu)") from error
    try:
        booster = xgboost.Booster(model_file=str(folder / FILE))
        booster.set_param({"nthread": 1})
    except xgboost.core.XGBoostError as error:
        raise ModelFormatError(f"{FILE} cannot be read: {error}") from error
    details = manifest.get("details", {})
    return _call(booster, details.get("objective", ""), int(details.get("iterations", 0)))


def _call(booster: Any, objective: str, iterations: int) -> Call:
    def answer(given: Any) -> Answer:
        raw = booster.inplace_predict(given, iteration_range=(0, iterations), validate_features=False)
        found = np.asarray(raw)
        return booster_answer(found if objective != "multi:softmax" else found.astype(np.int64), objective)

    return answer
