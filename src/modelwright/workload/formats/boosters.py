"""What LightGBM and XGBoost have in common: raw scores that are shares of classes for some objectives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import ModelFormatError
from modelwright.workload.formats.estimator import agree
from modelwright.workload.formats.form import Form, candidates
from modelwright.workload.formats.saving import Answer, Call, Saving

_BINARY = {"binary", "cross_entropy", "binary:logistic"}


def booster_answer(raw: NDArray[Any], objective: str) -> Answer:
    """Return a booster's output as (prediction, probabilities) by its objective."""
    if objective in _BINARY:
        return None, np.column_stack([1.0 - raw, raw])
    if raw.ndim == 2 and (objective.startswith("multiclass") or objective == "multi:softprob"):  # noqa: PLR2004 (n x k)
        return None, raw
    return raw, None


def choose_booster_form(call: Call, saving: Saving) -> Form:
    """Return the simplest form for which the booster answers as for the sample as given."""
    forms = candidates(saving.inputs, saving.sample)
    try:
        wanted = call(forms[-1].build(saving.inputs, saving.columns))
    except Exception as error:
        raise ModelFormatError(f"the model does not answer its own sample: {error}") from error
    for form in forms[:-1]:
        try:
            if agree(call(form.build(saving.inputs, saving.columns)), wanted):
                return form
        except (TypeError, ValueError, RuntimeError):
            continue
    return forms[-1]
