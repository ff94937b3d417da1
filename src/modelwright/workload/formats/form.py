"""The shape in which an estimator wants its input: a matrix, a vector, columns by name or a pandas frame.

A model that was trained on a frame but answers the same for a matrix is served with a matrix: faster, and without
pandas. Only a model that needs the frame gets one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from modelwright.errors import ModelFormatError
from modelwright.workload.signature import Column, encode
from modelwright.workload.table import Columns

Kind = Literal["matrix", "objects", "vector", "columns", "frame"]
_NUMERIC = {"float64", "int64", "bool"}


@dataclass(frozen=True, slots=True)
class Form:
    """How columns become what the model is called with; `categories` are those of a frame's categorical columns."""

    kind: Kind
    categories: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the form as it stands in a manifest."""
        extra = {"categories": {name: list(values) for name, values in self.categories.items()}}
        return {"kind": self.kind, **(extra if self.categories else {})}

    def build(self, inputs: Sequence[Column], columns: Columns) -> Any:
        """Return the model's input from columns, in the signature's order."""
        if self.kind == "matrix":
            return np.column_stack([columns[column.name].astype(np.float64) for column in inputs])
        if self.kind == "vector":
            return columns[inputs[0].name]
        if self.kind == "columns":
            return {column.name: columns[column.name] for column in inputs}
        if self.kind == "objects":
            return _objects([columns[column.name] for column in inputs])
        return self._frame(inputs, columns)

    def build_rows(self, inputs: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Any:
        """Return the model's input from checked JSON values, one sequence per row in the signature's order."""
        if self.kind == "matrix":
            return np.array(rows, dtype=np.float64).reshape(len(rows), len(inputs))
        return self.build(inputs, columns_of(inputs, rows))

    def _frame(self, inputs: Sequence[Column], columns: Columns) -> Any:
        try:
            import pandas as pd
        except ImportError as error:
            raise ModelFormatError(
                "this model takes pandas frames, and pandas is not installed",
                remedy="install pandas, or train the model on arrays",
            ) from error
        frame = pd.DataFrame({column.name: columns[column.name] for column in inputs})
        for name, values in self.categories.items():
            frame[name] = pd.Categorical(frame[name], categories=list(values))
        return frame


def columns_of(inputs: Sequence[Column], rows: Sequence[Sequence[Any]]) -> dict[str, NDArray[Any]]:
    """Return checked JSON values, one sequence per row in the signature's order, as columns."""
    by_column = list(zip(*rows, strict=True)) if rows else [()] * len(inputs)
    return {column.name: encode(column, list(values)) for column, values in zip(inputs, by_column, strict=True)}


def form_from_json(document: Mapping[str, Any] | None) -> Form:
    """Return the form of a manifest."""
    known = document or {"kind": "matrix"}
    return Form(known["kind"], known.get("categories", {}))


def candidates(inputs: Sequence[Column], sample: object) -> list[Form]:
    """Return the forms to try for an estimator, simplest first; a frame only where the sample is one."""
    forms = [_plain(inputs)]
    if type(sample).__module__.startswith("pandas"):
        forms.append(Form("frame", _categories(sample)))
    return forms


def _plain(inputs: Sequence[Column]) -> Form:
    if len(inputs) == 1 and (inputs[0].shape or inputs[0].name == "x0"):
        return Form("vector") if inputs[0].shape or inputs[0].type not in _NUMERIC else Form("matrix")
    return Form("matrix" if all(column.type in _NUMERIC for column in inputs) else "objects")


def _categories(sample: Any) -> dict[str, list[Any]]:
    kinds = dict(sample.dtypes)
    return {str(name): list(kind.categories) for name, kind in kinds.items() if str(kind) == "category"}


def _objects(columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
    matrix = np.empty((len(columns[0]), len(columns)), dtype=object)
    for index, values in enumerate(columns):
        matrix[:, index] = values
    return matrix
