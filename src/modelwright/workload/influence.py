"""Which inputs a model's answers rest on: stored with its reference profile, compared by the monitor."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.stats.attribution import explain
from modelwright.stats.columns import Floats
from modelwright.workload.formats.outputs import BINARY, Outputs
from modelwright.workload.signature import encode
from modelwright.workload.table import nulls

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelwright.workload.model_folder import LoadedModel

_LOG = logging.getLogger("modelwright.influence")
_SAMPLE = 200
_PERMUTATIONS = 4
_TRIED = 20
_SLOW = 0.01
"""Seconds per row beyond which influence is not computed: it takes some 1,600 predictions per column."""


def influence(model: LoadedModel, inputs: Mapping[str, NDArray[Any]], *, seed: int = 0) -> dict[str, float] | None:
    """Return each input's mean absolute Shapley value of the score, over up to 200 rows.

    None for a model whose inputs are tensors, whose answer is no number, which is very slow, or which refuses rows that
    are put together from other rows.
    """
    try:
        columns = _encoded(model, inputs)
        if columns is None:
            return None
        started = time.perf_counter()
        tried = {name: values[:_TRIED] for name, values in columns.items()}
        answers = _score(model.predict(tried))
        if answers is None or (time.perf_counter() - started) / max(1, len(answers)) > _SLOW:
            return None
        return explain(
            lambda given: _number(model, given), columns, sample=_SAMPLE, permutations=_PERMUTATIONS, seed=seed
        )
    except Exception as error:  # noqa: BLE001  a model may raise anything, and it is good without this number
        _LOG.warning("no influence of columns: %s: %s", type(error).__name__, error)
        return None


def _encoded(model: LoadedModel, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]] | None:
    rows = max((len(values) for values in inputs.values()), default=0)
    if not rows or any(column.shape for column in model.signature.inputs):
        return None
    found = {}
    for column in model.signature.inputs:
        values = inputs.get(column.name, np.full(rows, None, dtype=object))
        if values.dtype == object:  # captured rows are JSON values
            empty = nulls(values).tolist()
            listed = [None if gap else value for gap, value in zip(empty, values.tolist(), strict=True)]
            values = encode(column, listed)
        found[column.name] = values
    return found


def _number(model: LoadedModel, columns: Mapping[str, NDArray[Any]]) -> Floats:
    found = _score(model.predict(columns))
    assert found is not None  # the first rows had one
    return found


def _score(outputs: Outputs) -> Floats | None:
    if outputs.probabilities is not None and outputs.probabilities.shape[1] != BINARY:
        return outputs.confidence
    if outputs.probabilities is None and (outputs.prediction.dtype.kind not in "fiub" or outputs.prediction.ndim > 1):
        return None
    return np.asarray(outputs.score, dtype=np.float64)
