"""LightGBM's own text format, for boosters and for the classes with scikit-learn's methods."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from modelwright.errors import ModelFormatError
from modelwright.workload.formats.boosters import booster_answer, choose_booster_form
from modelwright.workload.formats.estimator import classes_of
from modelwright.workload.formats.saving import Answer, Call, Saved, Saving

NAME = "lightgbm"
FILE = "model.lightgbm.txt"


def accepts(model: object) -> bool:
    """Return whether the model is LightGBM's."""
    return type(model).__module__.partition(".")[0] == "lightgbm"


def save(model: Any, folder: Path, saving: Saving) -> Saved:
    """Write the booster's text, up to its best iteration."""
    booster = getattr(model, "booster_", model)
    booster.save_model(str(folder / FILE))
    objective = _objective((folder / FILE).read_text())
    classes = classes_of(model) or saving.classes or _numbered(objective, booster)
    form = choose_booster_form(_call(booster, objective), saving)
    return Saved(form, classes, details={"objective": objective})


def _objective(text: str) -> str:
    for line in text.splitlines():
        if line.startswith("objective="):
            return line.partition("=")[2].split()[0]
    return "regression"


def _numbered(objective: str, booster: Any) -> tuple[int, ...] | None:
    if objective in {"binary", "cross_entropy"}:
        return (0, 1)
    return tuple(range(booster.num_model_per_iteration())) if objective.startswith("multiclass") else None


def load(folder: Path, manifest: Mapping[str, Any]) -> Call:
    """Read the text back. Raises `ModelFormatError` without LightGBM or for a damaged file."""
    try:
        import lightgbm
    except ImportError as error:
        raise ModelFormatError("this model needs lightgbm", remedy="install lightgbm") from error
    try:
        booster = lightgbm.Booster(model_file=str(folder / FILE))
    except lightgbm.basic.LightGBMError as error:
        raise ModelFormatError(f"{FILE} cannot be read: {error}") from error
    return _call(booster, manifest.get("details", {}).get("objective", ""))


def _call(booster: Any, objective: str) -> Call:
    def answer(given: Any) -> Answer:
        return booster_answer(np.asarray(booster.predict(given)), objective)

    return answer
