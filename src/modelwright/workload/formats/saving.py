"""What formats are handed and give back: the same small values for each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from modelwright.workload.formats.form import Form
from modelwright.workload.signature import Column
from modelwright.workload.table import Columns

Answer = tuple["NDArray[Any] | None", "NDArray[Any] | None"]
Call = Callable[[Any], Answer]
"""Takes the model's input in its form; returns (prediction or None, probabilities or None)."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What a format may use when it saves: the sample as given and as columns, and what the project opted in to."""

    sample: object
    columns: Columns
    inputs: Sequence[Column]
    opt_in: frozenset[str]
    classes: tuple[Any, ...] | None = None
    sources: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """What a format wrote: how to call the model again, and what belongs in the manifest."""

    form: Form
    classes: tuple[Any, ...] | None = None
    opt_in: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Format(Protocol):
    """A module of this package. `call` on the model as it is in memory is what the saved file must agree with."""

    NAME: str

    def accepts(self, model: object) -> bool:
        """Return whether this format is the natural one for a model."""
        ...

    def save(self, model: Any, folder: Path, saving: Saving) -> Saved:
        """Write the model's files. Raises `ModelFormatError` for what cannot be written safely."""
        ...

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> Call:
        """Read the files back. Raises `ModelFormatError` when they are not of this format."""
        ...
