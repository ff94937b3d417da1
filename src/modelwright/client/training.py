"""Handles on runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelwright.canonical import timestamp
from modelwright.client.html import definition_list, table
from modelwright.client.tables import frame
from modelwright.client.waiting import Progress, wait_until
from modelwright.errors import TrainingFailedError
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.states import RunState
from modelwright.lifecycle.training import cancel_run, find_run, run_result, training_state

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Run:
    """One execution of a training job. `client.runs["train-delay-3"]` finds it again from anywhere."""

    platform: LivePlatform
    id: str

    @property
    def state(self) -> RunState:
        """What the ledger knows of the run."""
        return find_run(self.platform, self.id)

    @property
    def status(self) -> str:
        """`queued`, `running`, `succeeded`, `failed`, `cancelled` or `lost`."""
        return self.state.state

    @property
    def metrics(self) -> Mapping[str, float]:
        """The metrics it logged, once it has ended."""
        return self.state.metrics

    def result(self) -> Mapping[str, Any] | None:
        """Return the run's whole result document, once there is one."""
        return run_result(self.platform, self.id)

    def wait(self, *, timeout: float | None = None, on_progress: Progress | None = None) -> Run:
        """Wait for the end of the run; return it.

        Raises `TrainingFailedError` with the user's own lines when it did not succeed, and `DeadlineError` after
        `timeout` seconds, with the run going on.
        """
        over = lambda: self.state.over  # noqa: E731  a name for the condition reads better than a nested function
        wait_until(self.platform, over, what=f"run {self.id}", timeout=timeout, on_progress=on_progress)
        state = self.state
        if state.state != "succeeded":
            raise TrainingFailedError(
                f"run {self.id} {state.state}: {explain_failure(state)}", remedy=f"modelwright runs logs {self.id}"
            )
        return self

    def logs(self, offset: int = 0) -> tuple[str, int]:
        """Return the log's text from a byte offset, and the offset to go on from."""
        return self.platform.driver.jobs.logs(self.id, offset)

    def cancel(self) -> None:
        """Stop the run."""
        cancel_run(self.platform, self.id)

    def to_dict(self) -> dict[str, Any]:
        """Return the run as JSON."""
        state = self.state
        return {
            "run": state.run,
            "job": state.job,
            "state": state.state,
            "origin": state.origin,
            "queued": timestamp(state.queued),
            "ended": timestamp(state.ended) if state.ended else None,
            "seconds": state.seconds,
            "hyperparameters": dict(state.hyperparameters),
            "metrics": dict(state.metrics),
            "model": state.model,
            "error": state.error,
            "by": state.actor,
        }

    def _repr_html_(self) -> str:
        return definition_list(f"Run {self.id}", self.to_dict())


def explain_failure(state: RunState) -> str:
    """Return why a run ended without a model, with the lines of the user's own code where there are any."""
    error = state.error or {}
    text = f"{error.get('type', '')}: {error.get('message', '')}".strip(": ")
    return f"{text}\n{error['traceback']}" if error.get("traceback") else text or "no reason was given"


@dataclass(frozen=True)
class Runs(Mapping[str, Run]):
    """All runs of an environment, by name, oldest first within a job."""

    platform: LivePlatform

    def __getitem__(self, run: str) -> Run:
        find_run(self.platform, run)
        return Run(self.platform, run)

    def __iter__(self) -> Iterator[str]:
        for job in self.platform.record.of_kind("training"):
            yield from training_state(self.platform, job).runs

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def to_dict(self) -> dict[str, Any]:
        """Return all runs as JSON, by name."""
        return {name: run.to_dict() for name, run in self.items()}

    def to_pandas(self) -> DataFrame:
        """Return one row per run."""
        return frame(list(self.to_dict().values()))

    def _repr_html_(self) -> str:
        return table("Runs", list(self.to_dict().values()))
