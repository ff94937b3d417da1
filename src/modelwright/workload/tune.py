"""Tuning: trials of the training function one after another or side by side, the best one's model kept.

Every finished trial is written down at once, so a search that was killed goes on with the trials that are missing.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from modelwright.canonical import canonical
from modelwright.errors import CancelledError
from modelwright.store import DirectoryStore
from modelwright.workload.apart import Apart, ended, timed_attempt
from modelwright.workload.attempt import Attempt, Failure, Plan, State
from modelwright.workload.race import Race
from modelwright.workload.search import Searcher, open_search, read_space
from modelwright.workload.training_config import TuningConfig

_DONE = "trials.jsonl"


@dataclass(frozen=True, slots=True)
class Trial:
    """One finished trial; `value` is its objective, None where it has none."""

    number: int
    hyperparameters: Mapping[str, Any]
    state: State
    value: float | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[str, ...] = ()
    feature_use: tuple[Mapping[str, Any], ...] = ()
    reports: tuple[float, ...] = ()
    failure: Mapping[str, str] | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the trial as it stands in `result.json`."""
        names = ("number", "hyperparameters", "state", "value", "seconds")
        shown = {name: getattr(self, name) for name in names}
        return {**shown, "metrics": dict(self.metrics), "error": self.failure}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Trial:
        """Read a line of the search's own record."""
        lists = {name: tuple(document[name]) for name in ("figures", "feature_use", "reports")}
        return cls(**{**document, **lists})


class Tuning:
    """One search in `folder`, which outlives this process."""

    def __init__(self, plan: Plan, tuning: TuningConfig, folder: Path) -> None:
        self._plan = plan
        self._tuning = tuning
        self._folder = folder
        self._store = DirectoryStore(folder)
        self._maximize = tuning.direction == "maximize"
        self._since = time.monotonic()
        self._trials = {trial.number: trial for trial in self._recorded()}

    def run(self) -> tuple[Trial, ...]:
        """Run the trials that are missing and return all of them by number.

        Raises `CancelledError` when the run was told to end.
        """
        missing = [number for number in range(self._tuning.trials) if number not in self._trials]
        search = open_search(
            read_space(self._tuning.space),
            seed=self._plan.config.seed,
            maximize=self._maximize,
            journal=self._folder / "optuna.journal",
            method=self._tuning.method,
        )
        for trial in self._trials.values():
            _tell(search, trial)
        run = self._side_by_side if self._tuning.parallel > 1 and len(missing) > 1 else self._one_by_one
        run(search, iter(missing))
        return tuple(self._trials[number] for number in sorted(self._trials))

    def best(self) -> Trial | None:
        """Return the succeeded trial with the best objective, the first of equals; None without one."""
        scored = [trial for trial in self._trials.values() if trial.state == "succeeded" and trial.value is not None]
        sign = -1 if self._maximize else 1
        return min(scored, key=lambda trial: (sign * (trial.value or 0.0), trial.number), default=None)

    def folder_of(self, trial: Trial) -> Path:
        """Return the folder that holds a trial's model and figures."""
        return self._folder / f"trial-{trial.number}"

    def _one_by_one(self, search: Searcher, missing: Iterator[int]) -> None:
        for number in missing:
            if self._out_of_time:
                return
            self._keep(search, number, *timed_attempt(*self._question(number, search.ask(number))))

    def _side_by_side(self, search: Searcher, missing: Iterator[int]) -> None:
        running: dict[int, Apart] = {}
        try:
            while True:
                while len(running) < self._tuning.parallel and not self._out_of_time:
                    number = next(missing, None)
                    if number is None:
                        break
                    running[number] = Apart(*self._question(number, search.ask(number)))
                if not running:
                    return
                for number in ended(running):
                    self._keep(search, number, *running.pop(number).result())
        finally:
            for trial in running.values():
                trial.stop()

    def _question(self, number: int, drawn: Mapping[str, Any]) -> tuple[Plan, dict[str, Any], Path, Race]:
        rivals = [trial.reports for trial in self._trials.values() if trial.state == "succeeded"]
        best = self.best()
        race = Race(self._tuning.objective, self._maximize, best.value if best else None, rivals)
        hyperparameters = {**self._plan.hyperparameters, **drawn}
        return self._plan, hyperparameters, self._folder / f"trial-{number}", race

    def _keep(self, search: Searcher, number: int, done: Attempt, seconds: float) -> None:
        if done.state == "cancelled":
            raise CancelledError(done.failure.message if done.failure else "the run was cancelled")
        trial = self._trial(number, done, round(seconds, 3))
        before = self.best()
        self._trials[number] = trial
        self._store.put(_DONE, b"".join(canonical(asdict(self._trials[n])) + b"\n" for n in sorted(self._trials)))
        _tell(search, trial)
        best = self.best()
        for loser in (trial, before):
            if loser is not None and loser is not best:
                shutil.rmtree(self.folder_of(loser), ignore_errors=True)
        print(_line(trial, self._tuning, best=best is trial), flush=True)  # noqa: T201  this is the job's log

    def _trial(self, number: int, done: Attempt, seconds: float) -> Trial:
        value = done.metrics.get(self._tuning.objective)
        state, failure = done.state, done.failure
        if state == "succeeded" and value is None:
            known = ", ".join(done.metrics) or "none"
            message = f"the trial logged no finite metric {self._tuning.objective!r}; logged: {known}"
            state, failure = "failed", Failure("MissingMetric", message)
        return Trial(
            number,
            done.hyperparameters,
            state,
            value if state == "succeeded" else None,
            done.metrics,
            done.params,
            tuple(done.figures),
            tuple(done.feature_use),
            tuple(done.reports),
            failure.to_json() if failure else None,
            seconds,
        )

    def _recorded(self) -> list[Trial]:
        """Return the trials that earlier attempts finished; where all of them failed, a retry tries them again."""
        found = [Trial.from_json(json.loads(line)) for line in (self._store.get(_DONE) or b"").splitlines()]
        worked = any(trial.state == "succeeded" for trial in found)
        return [trial for trial in found if trial.number < self._tuning.trials and (worked or trial.state != "failed")]

    @property
    def _out_of_time(self) -> bool:
        limit = self._tuning.timeout
        return limit is not None and bool(self._trials) and time.monotonic() - self._since > limit


def _tell(search: Searcher, trial: Trial) -> None:
    state = trial.state if trial.state != "cancelled" else "failed"
    search.tell(trial.number, state, trial.value)


def _line(trial: Trial, tuning: TuningConfig, *, best: bool) -> str:
    shown = " ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in trial.hyperparameters.items())
    how = f"{tuning.objective}={trial.value:.6g}" if trial.value is not None else trial.state
    why = f": {trial.failure['message']}" if trial.failure else ""
    return f"trial {trial.number + 1} of {tuning.trials}: {how}{' (best)' if best else ''}{why} [{shown}]"
