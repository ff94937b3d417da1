"""What a model answered, for many rows at once, and how that is spelled per row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.workload.signature import Output, Task, Type
from modelwright.workload.table import plain

BINARY = 2


@dataclass(frozen=True, slots=True)
class Outputs:
    """Predictions of n rows; `probabilities` is n x k in the order of `classes`, None where a model gives none."""

    prediction: NDArray[Any]
    probabilities: NDArray[np.float64] | None = None
    classes: tuple[Any, ...] | None = None

    def __len__(self) -> int:
        return len(self.prediction)

    @property
    def task(self) -> Task:
        """What the model does: it classifies where it has classes."""
        return "regression" if self.classes is None else "classification"

    @property
    def score(self) -> NDArray[np.float64]:
        """What metrics rank by: the probability of `classes[1]`, else the prediction as a number."""
        if self.probabilities is not None and self.probabilities.shape[1] == BINARY:
            return self.probabilities[:, 1]
        return self.prediction.astype(np.float64)

    @property
    def confidence(self) -> NDArray[np.float64] | None:
        """The probability of the likeliest class, None where there are no probabilities."""
        return None if self.probabilities is None else self.probabilities.max(axis=1)

    def finite(self) -> NDArray[np.bool_]:
        """Return which rows hold neither NaN nor infinity."""
        good = np.ones(len(self), dtype=np.bool_)
        for values in (self.prediction, self.probabilities):
            if values is not None and values.dtype.kind == "f":
                flat = np.isfinite(values)
                good &= flat if flat.ndim == 1 else flat.all(axis=tuple(range(1, flat.ndim)))
        return good

    def rows(self) -> list[dict[str, Any]]:
        """Return one JSON-ready mapping per row: prediction, and probability or probabilities."""
        predictions = (
            [plain(value) for value in self.prediction] if self.prediction.ndim > 1 else _list(self.prediction)
        )
        if self.probabilities is None:
            return [{"prediction": value} for value in predictions]
        if self.probabilities.shape[1] == BINARY:
            scores = self.probabilities[:, 1].tolist()
            return [{"prediction": p, "probability": s} for p, s in zip(predictions, scores, strict=True)]
        names = [str(name) for name in self.classes or range(self.probabilities.shape[1])]
        shares = self.probabilities.tolist()
        return [
            {"prediction": p, "probabilities": dict(zip(names, share, strict=True))}
            for p, share in zip(predictions, shares, strict=True)
        ]

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the answer as columns, as profiles and monitors read it."""
        found: dict[str, NDArray[Any]] = {"prediction": self.prediction}
        if self.probabilities is not None:
            if self.probabilities.shape[1] == BINARY:
                found["probability"] = self.probabilities[:, 1]
            else:
                names = self.classes or range(self.probabilities.shape[1])
                found |= {f"probability_{name}": self.probabilities[:, i] for i, name in enumerate(names)}
        return found

    def describe(self) -> tuple[Output, ...]:
        """Return the outputs' names, types and shapes for a signature."""
        kinds: dict[str, Type] = {"f": "float64", "i": "int64", "u": "int64", "b": "bool"}
        kind: Type = kinds.get(self.prediction.dtype.kind, "string")
        first = Output("prediction", kind, self.prediction.shape[1:])
        if self.probabilities is None:
            return (first,)
        if self.probabilities.shape[1] == BINARY:
            return (first, Output("probability", "float64"))
        return (first, Output("probabilities", "float64", (self.probabilities.shape[1],)))


def _list(values: NDArray[Any]) -> list[Any]:
    found: list[Any] = values.tolist()
    return found


def assemble(
    prediction: NDArray[Any] | None, probabilities: NDArray[Any] | None, classes: tuple[Any, ...] | None
) -> Outputs:
    """Return the outputs of what a model gave: without a prediction, the likeliest class is it."""
    if probabilities is not None:
        shares = np.asarray(probabilities, dtype=np.float64)
        if prediction is None:
            names = np.asarray(classes if classes is not None else range(shares.shape[1]))
            prediction = names[np.argmax(shares, axis=1)]
        return Outputs(prediction, shares, classes)
    assert prediction is not None
    found = np.asarray(prediction)
    if found.dtype.kind in "fiu" and classes is None:
        found = found.astype(np.float64)
    return Outputs(found.reshape(len(found)) if found.ndim == 2 and found.shape[1] == 1 else found, None, classes)  # noqa: PLR2004 (a matrix)
