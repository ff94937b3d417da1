"""Which hyperparameters to try next: seeded random search built in, Optuna's sampler where it is installed.

Both keep a journal, so that a search which was killed goes on where it was.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

from modelwright.errors import UsageError

TrialState = Literal["succeeded", "failed", "pruned"]
Method = Literal["auto", "tpe", "random"]


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included; whole ones if `whole`, evenly by magnitude if `log`."""

    low: float
    high: float
    whole: bool = False
    log: bool = False

    def draw(self, generator: random.Random) -> float | int:
        """Return a random value."""
        if self.log:
            value = math.exp(generator.uniform(math.log(self.low), math.log(self.high)))
        elif self.whole:
            return generator.randint(int(self.low), int(self.high))
        else:
            value = generator.uniform(self.low, self.high)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values."""

    values: tuple[Any, ...]

    def draw(self, generator: random.Random) -> Any:
        """Return a random value."""
        return generator.choice(self.values)


Space = Mapping[str, Range | Choice]


def read_space(document: Mapping[str, Any]) -> Space:
    """Read a search space: `{"kind": "interval", …}` and `{"kind": "choice", …}`, or their short forms.

    Short: `[low, high]`, `[low, high, "log"]`, and any other list for choices; two whole numbers give whole numbers.
    Raises `UsageError`.
    """
    return {name: _dimension(name, form) for name, form in document.items()}


def _dimension(name: str, form: Any) -> Range | Choice:
    if isinstance(form, Mapping):
        if form.get("kind") == "choice":
            return _choice(name, list(form.get("values", ())))
        return _range(name, form["low"], form["high"], whole=bool(form.get("integer")), log=bool(form.get("log")))
    if not isinstance(form, Sequence) or isinstance(form, str):
        raise UsageError(
            f"hyperparameter {name!r} has the space {form!r}", remedy="(low, high), (low, high, 'log'), […]"
        )
    ends = form[:2]
    log = len(form) == 3 and form[2] == "log"  # noqa: PLR2004  low, high and the word
    if not (len(form) == 2 or log) or not all(_is_number(end) for end in ends):  # noqa: PLR2004  low and high
        return _choice(name, list(form))
    return _range(name, *ends, whole=all(isinstance(end, int) for end in ends), log=log)


def _range(name: str, low: float, high: float, *, whole: bool, log: bool) -> Range:
    if low > high or (log and low <= 0):
        raise UsageError(f"hyperparameter {name!r} has the range {low} to {high}", remedy="low ≤ high; above 0 for log")
    return Range(low, high, whole=whole, log=log)


def _choice(name: str, values: Sequence[Any]) -> Choice:
    if not values:
        raise UsageError(f"hyperparameter {name!r} has no values to choose from")
    return Choice(tuple(values))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Searcher(Protocol):
    """Proposes trials and learns how they went."""

    def ask(self, number: int) -> dict[str, Any]:
        """Return the hyperparameters of trial `number`, the same ones when it was asked before a kill."""
        ...

    def tell(self, number: int, state: TrialState, value: float | None) -> None:
        """Report how a trial ended; a second report of one trial is ignored."""
        ...


class RandomSearch:
    """Draws trial n from a generator seeded with (seed, n): the same trials in any order and after any kill."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._seed = seed

    def ask(self, number: int) -> dict[str, Any]:
        """Return the hyperparameters of trial `number`."""
        generator = random.Random(f"{self._seed}/{number}")  # noqa: S311  a search needs no secrets
        return {name: dimension.draw(generator) for name, dimension in self._space.items()}

    def tell(self, number: int, state: TrialState, value: float | None) -> None:
        """Learn nothing: random search has no memory."""


def open_search(space: Space, *, seed: int, maximize: bool, journal: Path, method: Method = "auto") -> Searcher:
    """Return Optuna's sampler with its journal where Optuna is installed (extra `tune`), else random search.

    Raises `UsageError` if `tpe` is asked for by name and Optuna is not installed.
    """
    installed = find_spec("optuna") is not None
    if method == "tpe" and not installed:
        raise UsageError("tuning by 'tpe' needs Optuna", remedy="pip install 'modelwright[tune]'")
    if method == "random" or not installed:
        return RandomSearch(space, seed)
    from modelwright.workload.search_optuna import OptunaSearch

    return OptunaSearch(space, seed=seed, maximize=maximize, journal=journal)
