"""What a check looks at: one version's rows of one window, their truth, and the version's reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from modelwright.canonical import digest, digest_of
from modelwright.errors import IntegrityError, NotFoundError
from modelwright.stats.profile import Profile
from modelwright.store import Store, local_path
from modelwright.workload.monitor.captures import Predictions
from modelwright.workload.truth import Truth, TruthReader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelwright.workload.model_folder import LoadedModel


class Baseline:
    """A version's reference profile, manifest and model, each read when it is first asked for.

    `release` has `profile` (a digest) and `model` (an address); without a store the profile lies beside the model.
    """

    def __init__(self, store: Store | None, release: Mapping[str, Any], model: LoadedModel | None = None) -> None:
        self._store = store
        self._release = release
        self._model = model

    @property
    def digest(self) -> str | None:
        """The digest of the reference profile, None for a version without one."""
        found: str | None = self._release.get("profile")
        return found

    @cached_property
    def profile(self) -> Profile | None:
        """The reference profile, None for a version without one.

        Raises `IntegrityError` for bytes that are not what the digest says, `NotFoundError` for lost ones.
        """
        expected = self.digest
        if not expected:
            return None
        key = f"profiles/{expected.removeprefix('sha256:')}.json.gz"
        data = (self._store.get(key) if self._store else None) or self._beside_model()
        if data is None:
            raise NotFoundError(f"the profile {expected} is gone", remedy="register the version again")
        if digest(data) != expected:
            raise IntegrityError("the profile is not what its digest says", where=expected)
        return Profile.from_bytes(data)

    def _beside_model(self) -> bytes | None:
        file = local_path(self._release["model"]) / "profile.json.gz" if self._release.get("model") else None
        return file.read_bytes() if file is not None and file.is_file() else None

    @cached_property
    def classes(self) -> list[Any] | None:
        """The classes of a classifier, None where they are unknown."""
        if not self._release.get("model"):
            return None
        file = local_path(self._release["model"]) / "manifest.json"
        if not file.is_file():
            return None
        found: list[Any] | None = json.loads(file.read_bytes())["signature"].get("classes")
        return found

    @property
    def positive(self) -> Any:
        """The class whose probability a binary classifier gives; None for 0 and 1, which need no name."""
        classes = self.classes
        return classes[1] if classes and len(classes) == 2 and set(classes) != {0, 1} else None  # noqa: PLR2004  two classes

    @cached_property
    def model(self) -> LoadedModel:
        """The model itself."""
        if self._model is not None:
            return self._model
        from modelwright.workload.model_folder import load_model

        folder = local_path(self._release["model"])
        name = folder.name
        return load_model(folder, f"sha256:{name}" if len(name) == len(digest(b"")) - len("sha256:") else None)


@dataclass(frozen=True)
class Sample:
    """The rows that a check sees. `truth` has one entry per row, None where there is none."""

    predictions: Predictions
    truth: list[Truth | None]
    baseline: Baseline
    seed: int

    @property
    def rows(self) -> int:
        """The number of predictions."""
        return self.predictions.rows

    @property
    def matched(self) -> float:
        """The share of predictions with truth."""
        return sum(each is not None for each in self.truth) / self.rows if self.rows else 0.0

    @property
    def labels(self) -> NDArray[Any]:
        """The label of each row, None where there is none."""
        found = np.empty(self.rows, dtype=object)
        found[:] = [None if each is None else each.label for each in self.truth]
        return found

    def attribute(self, name: str) -> NDArray[Any] | None:
        """Return a column of the inputs, else of the truth's attributes, else None."""
        if name in self.predictions.inputs:
            return self.predictions.inputs[name]
        values = [None if each is None else each.attributes.get(name) for each in self.truth]
        if all(value is None for value in values):
            return None
        found = np.empty(self.rows, dtype=object)
        found[:] = values
        return found

    @cached_property
    def current(self) -> Profile:
        """The rows counted in the bins of the reference."""
        assert self.baseline.profile is not None
        return self.baseline.profile.count(self.predictions.columns)

    @cached_property
    def inputs(self) -> str:
        """The digest of the list of objects that the rows came from, with the number of rows of each."""
        labels = Counter(each.source for each in self.truth if each is not None)
        return digest_of([sorted(self.predictions.sources.items()), sorted(labels.items())])


def truth_of(reader: TruthReader | None, predictions: Predictions, until: datetime) -> list[Truth | None]:
    """Return the truth of each row as it was known at a moment."""
    if reader is None:
        return [None] * predictions.rows
    return [reader.get(key, until) for key in predictions.keys]
