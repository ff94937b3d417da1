"""Evaluations on request: score a version beside another on the same held-out rows, and decide nothing."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelwright.client.html import table
from modelwright.client.tables import frame
from modelwright.errors import DeadlineError, ProviderError, UsageError
from modelwright.lifecycle.evaluation import evaluation_result, start_evaluation
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import find_version, model_state
from modelwright.lifecycle.states import VersionState

if TYPE_CHECKING:
    from pandas import DataFrame

_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What versions scored on the same held-out rows: metrics with intervals, and comparisons."""

    document: dict[str, Any]

    @property
    def metrics(self) -> dict[int, dict[str, dict[str, Any]]]:
        """By version and metric: `value` and `interval`."""
        return {int(version): found for version, found in self.document["metrics"].items()}

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {"version": version, "metric": name, **found}
            for version, metrics in self.metrics.items()
            for name, found in metrics.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the evaluation's document."""
        return dict(self.document)

    def to_pandas(self) -> DataFrame:
        """Return one row per version and metric."""
        return frame(self._rows())

    def _repr_html_(self) -> str:
        return table(f"Evaluation {self.document['evaluation']}", self._rows())


def evaluate(
    platform: LivePlatform, version: VersionState, against: str | None = "champion", *, timeout: float | None = None
) -> dict[str, Any]:
    """Return the evaluation of a version; `against` is an alias or a reference such as `delay:2`, None for nothing.

    An alias that nothing holds, and the version itself, are no comparison. Raises `ProviderError` with the job's own
    words when it fails, `UsageError` when
    the model has no evaluation rows, and `DeadlineError` after `timeout` wall seconds.
    """
    if not platform.record.model(version.model).get("evaluation"):
        raise UsageError(
            f"model {version.model} declares no rows to be evaluated on",
            remedy=f'Model("{version.model}", evaluation=lake / "…", label="…")',
        )
    baseline = _baseline(platform, version, against)
    name = f"eval-{version.model}-{version.number}-{uuid.uuid4().hex[:8]}"
    start_evaluation(platform, version.model, name, [version, *([baseline] if baseline else [])])
    started = time.monotonic()
    while (status := platform.driver.jobs.status(name)).state in {"queued", "running"}:
        if timeout is not None and time.monotonic() - started > timeout:
            raise DeadlineError(f"{name} is not over after {timeout:g} s", remedy=f"modelwright runs logs {name}")
        time.sleep(_POLL)
    result = evaluation_result(platform, name)
    if result is None or result.get("status", "succeeded") != "succeeded":
        error = (result or {}).get("error") or {}
        said = error.get("message") or status.reason or "no result was written"
        raise ProviderError(f"evaluation of {version.model}:{version.number} failed: {said}")
    return result


def _baseline(platform: LivePlatform, version: VersionState, against: str | None) -> VersionState | None:
    if against is None:
        return None
    if ":" in against or "@" in against:
        found = find_version(platform, against)
    else:
        state = model_state(platform, version.model)
        if against not in state.aliases:
            return None
        found = state.versions[state.aliases[against]]
    return None if found.number == version.number and found.model == version.model else found
