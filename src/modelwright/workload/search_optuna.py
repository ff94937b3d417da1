"""Optuna's TPE sampler behind `Searcher`, with a journal file that survives a kill at any moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState as OptunaState

from modelwright.workload.search import Choice, Range, Space, TrialState

_NUMBER = "modelwright:number"
_STATES = {"succeeded": OptunaState.COMPLETE, "failed": OptunaState.FAIL, "pruned": OptunaState.PRUNED}


class OptunaSearch:
    """One study; a trial of ours is found in it by the number stored with it."""

    def __init__(self, space: Space, *, seed: int, maximize: bool, journal: Path) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        journal.parent.mkdir(parents=True, exist_ok=True)
        self._space = space
        backend = JournalFileBackend(str(journal), lock_obj=JournalFileOpenLock(str(journal)))
        self._study = optuna.create_study(
            study_name="tuning",
            storage=JournalStorage(backend),
            direction="maximize" if maximize else "minimize",
            load_if_exists=True,
        )
        # A sampler starts its random numbers anew: with the same seed a resumed study would repeat its first trials.
        known = len(self._study.get_trials(deepcopy=False))
        self._study.sampler = optuna.samplers.TPESampler(seed=seed + known, n_startup_trials=max(4, len(space)))

    def ask(self, number: int) -> dict[str, Any]:
        """Return the hyperparameters of trial `number`, the same ones when it was asked before a kill."""
        known = self._find(number)
        if known is not None:
            return dict(known.params)
        trial = self._study.ask()
        found = {name: _suggest(trial, name, dimension) for name, dimension in self._space.items()}
        trial.set_user_attr(_NUMBER, number)
        return found

    def tell(self, number: int, state: TrialState, value: float | None) -> None:
        """Report how a trial ended; a second report of one trial is ignored."""
        known = self._find(number)
        if known is None or known.state.is_finished():
            return
        values = value if state == "succeeded" else None
        self._study.tell(known.number, values, state=_STATES[state])

    def _find(self, number: int) -> Any:
        trials = self._study.get_trials(deepcopy=False)
        return next((trial for trial in trials if trial.user_attrs.get(_NUMBER) == number), None)


def _suggest(trial: optuna.Trial, name: str, dimension: Range | Choice) -> Any:
    if isinstance(dimension, Choice):
        return trial.suggest_categorical(name, dimension.values)
    if dimension.whole:
        return trial.suggest_int(name, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
