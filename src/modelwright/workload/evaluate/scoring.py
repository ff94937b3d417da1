"""Candidates asked for the same rows; one that fails is told apart, with the number of rows it fails on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.errors import ModelFormatError, ModelwrightError
from modelwright.workload.formats.outputs import BINARY, Outputs
from modelwright.workload.rows import Columns, length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelwright.stats.metrics import Metric
    from modelwright.workload.model_folder import LoadedModel

_CHUNK = 65_536
_TRIES = 2_000


class CandidateFailedError(ModelwrightError):
    """A version that cannot answer for the rows it is judged on."""

    def __init__(self, version: int, kind: str, message: str, rows: int) -> None:
        super().__init__(message)
        self.version = version
        self.kind = kind
        self.rows = rows

    def to_dict(self) -> dict[str, object]:
        """Return the error as it stands in the evaluation's result."""
        return {"type": self.kind, "message": self.message, "version": self.version, "rows": self.rows}


@dataclass(frozen=True, slots=True)
class Scored:
    """One version's answers, one per row."""

    version: int
    outputs: Outputs

    @property
    def positive(self) -> Any:
        """The class whose probability a binary classifier gives; None for 0 and 1, which need no name."""
        classes = self.outputs.classes
        return classes[1] if classes and len(classes) == BINARY and set(classes) != {0, 1} else None

    def predictions(self, metric: Metric) -> NDArray[Any]:
        """Return what a metric is computed from."""
        return self.outputs.score if metric.input == "score" else self.outputs.prediction


def score(version: int, model: LoadedModel, columns: Columns) -> Scored:
    """Ask a version for all rows. Raises `CandidateFailedError` if it raises, or answers NaN, on any of them."""
    total = length(columns)
    asking = _Asking(model)
    parts = [asking.ask(_slice(columns, start, start + _CHUNK)) for start in range(0, total, _CHUNK)]
    answers = [part for part in parts if part is not None]
    if asking.failed:
        kind, message = asking.kind, f"{asking.kind}: {asking.message[:500]}"
        text = f"version {version} fails on {asking.failed} of {total} rows ({message})"
        raise CandidateFailedError(version, kind, text, asking.failed)
    outputs = _joined(answers)
    wrong = int((~outputs.finite()).sum())
    if wrong:
        text = f"version {version} answers NaN or infinity for {wrong} of {total} rows"
        raise CandidateFailedError(version, "NotFinite", text, wrong)
    return Scored(version, outputs)


@dataclass
class _Asking:
    """Asks a model, and where it raises looks for the rows that make it raise: by halves, in so many tries."""

    model: LoadedModel
    failed: int = 0
    kind: str = ""
    message: str = ""
    tries: int = 0

    def ask(self, part: Columns) -> Outputs | None:
        """Return the outputs; None if the model raises, and then count the rows."""
        self.tries += 1
        try:
            return self.model.predict(part)
        except Exception as error:  # noqa: BLE001  a model may raise anything
            rows = length(part)
            if rows == 1 or self.tries > _TRIES or isinstance(error, ModelFormatError):
                self.failed += rows
                self.kind, self.message = self.kind or type(error).__name__, self.message or str(error)
                return None
            before = self.failed
            for start, end in ((0, rows // 2), (rows // 2, rows)):
                self.ask(_slice(part, start, end))
            if self.failed == before:  # only the rows together make it raise
                self.failed, self.kind, self.message = before + rows, type(error).__name__, str(error)
            return None


def _slice(columns: Columns, start: int, end: int) -> Columns:
    return {name: values[start:end] for name, values in columns.items()}


def _joined(parts: list[Outputs]) -> Outputs:
    if len(parts) == 1:
        return parts[0]
    shares = [part.probabilities for part in parts if part.probabilities is not None]
    return Outputs(
        np.concatenate([part.prediction for part in parts]),
        np.concatenate(shares) if len(shares) == len(parts) else None,
        parts[0].classes,
    )
