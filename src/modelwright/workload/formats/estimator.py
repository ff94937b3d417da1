"""Objects with scikit-learn's methods: how to call one, which form it wants, and whether two calls agree."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import ModelFormatError
from modelwright.workload.formats.form import Form, candidates
from modelwright.workload.formats.saving import Answer, Call, Saving

_ABSOLUTE = 1e-9


def is_estimator(model: object) -> bool:
    """Return whether a model is called as scikit-learn's are."""
    return callable(getattr(model, "predict", None)) and hasattr(model, "fit")


def classes_of(model: Any) -> tuple[Any, ...] | None:
    """Return a classifier's classes as plain values, None for a regressor."""
    found = getattr(model, "classes_", None)
    if found is None or isinstance(found, list):
        return None
    return tuple(value.item() if isinstance(value, np.generic) else value for value in found)


def call_of(model: Any, *, decide: bool = False) -> Call:
    """Return the call of a fitted estimator; with `decide` its own `predict` chooses the class, not the likeliest."""
    if classes_of(model) is not None and hasattr(model, "predict_proba"):
        if decide:
            return lambda given: (_quiet(model.predict, given), _quiet(model.predict_proba, given))
        return lambda given: (None, _quiet(model.predict_proba, given))
    return lambda given: (_quiet(model.predict, given), None)


def decides(model: Any, given: Any) -> bool:
    """Return whether `predict` differs from the likeliest class for some of these rows."""
    classes = classes_of(model)
    if classes is None or not hasattr(model, "predict_proba"):
        return False
    likeliest = np.asarray(classes)[np.argmax(_quiet(model.predict_proba, given), axis=1)]
    return not np.array_equal(likeliest, _quiet(model.predict, given))


def choose_form(model: Any, saving: Saving) -> Form:
    """Return the simplest form for which the estimator answers as it does for the sample as given.

    Raises `ModelFormatError` with the estimator's own words when it answers for none.
    """
    forms = candidates(saving.inputs, saving.sample)
    wanted = _try(call_of(model), forms[-1].build(saving.inputs, saving.columns)) if len(forms) > 1 else None
    refusals = []
    for form in forms:
        got = _try(call_of(model), form.build(saving.inputs, saving.columns))
        if isinstance(got, Exception):
            refusals.append(f"{form.kind}: {type(got).__name__}: {got}")
        elif wanted is None or (not isinstance(wanted, Exception) and agree(got, wanted)):
            return form
    raise ModelFormatError(
        f"the model does not answer its own sample ({'; '.join(refusals)})",
        remedy="pass a sample with the columns, order and types that the model was trained on",
    )


def agree(one: Answer, other: Answer, *, relative: float = 1e-9) -> bool:
    """Return whether two answers are the same numbers (within `relative`) and the same labels."""
    return all(_same(a, b, relative) for a, b in zip(one, other, strict=True))


def _same(one: NDArray[Any] | None, other: NDArray[Any] | None, relative: float) -> bool:
    if one is None or other is None:
        return one is None and other is None
    left, right = np.asarray(one), np.asarray(other)
    if left.shape != right.shape:
        return False
    if left.dtype.kind in "fiub" and right.dtype.kind in "fiub":
        absolute = max(_ABSOLUTE, relative)
        return bool(np.allclose(left.astype(float), right.astype(float), rtol=relative, atol=absolute, equal_nan=True))
    return [str(value) for value in left] == [str(value) for value in right]


def _try(call: Call, given: Any) -> Answer | Exception:
    try:
        return call(given)
    except Exception as error:  # noqa: BLE001 (an estimator may raise anything; the caller reports it)
        return error


def _quiet(method: Any, given: Any) -> NDArray[Any]:
    found: NDArray[Any] = np.asarray(method(given))
    return found


def silence_name_warnings() -> None:
    """Stop a warning per call that a model trained on a frame is given a matrix, as was decided at saving."""
    warnings.filterwarnings("ignore", message="X does not have valid feature names")


def plain_classes(values: Sequence[Any] | None) -> tuple[Any, ...] | None:
    """Return classes as JSON values."""
    return None if values is None else tuple(v.item() if isinstance(v, np.generic) else v for v in values)
