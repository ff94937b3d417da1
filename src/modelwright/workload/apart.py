"""A trial in a process of its own: it may die without taking the others along, and never outlives the run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from modelwright.workload.attempt import Attempt, Failure, Plan, attempt
from modelwright.workload.race import Race

_SECONDS_TO_STOP = 6.0
Question = tuple[Plan, dict[str, Any], Path, Race]


def timed_attempt(plan: Plan, hyperparameters: Mapping[str, Any], folder: Path, race: Race) -> tuple[Attempt, float]:
    """Call the training function and return what came of it, and after how many seconds."""
    begun = time.monotonic()
    return attempt(plan, hyperparameters, folder, race=race), time.monotonic() - begun


class Apart:
    """One trial's process and the pipe through which it answers."""

    def __init__(self, plan: Plan, hyperparameters: dict[str, Any], folder: Path, race: Race) -> None:
        self._hyperparameters = hyperparameters
        context = get_context("spawn")
        self.answer, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_answer, args=(sender, (plan, hyperparameters, folder, race)))
        self._process.start()
        sender.close()  # so that a process which dies is seen as the end of its pipe

    def result(self) -> tuple[Attempt, float]:
        """Return what came of the trial; one whose process died has failed."""
        try:
            found: tuple[Attempt, float] = self.answer.recv()
        except EOFError:
            failure = Failure("TrialDied", "the trial's process ended without a word (out of memory?)")
            found = Attempt("failed", self._hyperparameters, failure=failure), 0.0
        self.stop()
        return found

    def stop(self) -> None:
        """End the process, by force if it takes too long."""
        if self._process.is_alive():
            self._process.terminate()
        self._process.join(_SECONDS_TO_STOP)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def ended(running: Mapping[int, Apart]) -> list[int]:
    """Wait until at least one of the trials has answered or died; return their numbers."""
    ready = wait([trial.answer for trial in running.values()])
    return [number for number, trial in running.items() if trial.answer in ready]


def _answer(sender: Connection, question: Question) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    question[0].stop.install()
    sender.send(timed_attempt(*question))
    sender.close()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
