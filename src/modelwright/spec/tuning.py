"""Hyperparameter search."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from modelwright.errors import Problem
from modelwright.spec.base import Spec
from modelwright.spec.duration import Duration, Lasting
from modelwright.spec.field import Table, Takes, option, readable, shown

_LONGEST = 3
_HINT = "write (low, high), (low, high, 'log'), or a list of choices"


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from `low` to `high`, both reached; integers if both are, on a logarithmic scale if `log`."""

    low: float
    high: float
    log: bool = False

    @property
    def integer(self) -> bool:
        """Whether only integers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def document(self) -> dict[str, Any]:
        """Return the interval as JSON."""
        return {"kind": "interval", "low": self.low, "high": self.high, "log": self.log, "integer": self.integer}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values."""

    values: tuple[str | int | float | bool, ...]

    def document(self) -> dict[str, Any]:
        """Return the choices as JSON."""
        return {"kind": "choice", "values": list(self.values)}


def dimension(value: Any) -> Interval | Choice:
    """Return what a hyperparameter's space says. Raises `ValueError` for an empty or impossible one."""
    if isinstance(value, Interval):
        return _checked(value)
    values = value.values if isinstance(value, Choice) else value
    if isinstance(value, list | Choice):
        if not values or not all(isinstance(item, str | bool) or _is_number(item) for item in values):
            raise ValueError(f"{shown(value)} is no list of choices: {_HINT}")
        return Choice(tuple(values))
    if not isinstance(value, tuple) or not 2 <= len(value) <= _LONGEST or not all(map(_is_number, value[:2])):  # noqa: PLR2004  # low and high
        raise ValueError(f"{shown(value)} is no space: {_HINT}")
    if len(value) == _LONGEST and value[2] not in {"log", "linear"}:
        raise ValueError(f"{shown(value[2])} is no scale: write 'log' or 'linear'")
    return _checked(Interval(value[0], value[1], value[2:] == ("log",)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _checked(interval: Interval) -> Interval:
    if interval.low >= interval.high:
        raise ValueError(f"the minimum {interval.low} is not less than the maximum {interval.high}")
    if interval.log and interval.low <= 0:
        raise ValueError(f"a logarithmic scale begins above 0, not at {interval.low}")
    return interval


@readable(
    {
        "type": "object",
        "properties": {"kind": {"enum": ["interval", "choice"]}},
        "required": ["kind"],
        "written": [[0.01, 0.3, "log"], [1, 10]],
    }
)
class Dimension:
    """What one hyperparameter may be: an `Interval` from a tuple, a `Choice` from a list."""

    parse = staticmethod(dimension)


if TYPE_CHECKING:
    Space = Takes[Mapping[str, Any], Mapping[str, Interval | Choice]]
else:
    Space = Table[str, Dimension]


class Tuning(Spec):
    """A search over hyperparameters, each trial a run of the training code."""

    KIND = "tuning"

    objective: str = option("The metric that training logs and the search improves.", min_length=1)
    direction: Literal["maximize", "minimize"] = option("Whether more of it is better.", default="maximize")
    trials: int = option("How many trials.", default=20, ge=1, le=10_000)
    parallel: int = option("How many at a time.", default=1, ge=1, le=1000)
    space: Space = option(f"What to search: {_HINT}.", min_length=1)
    method: Literal["auto", "tpe", "random"] = option(
        "How to draw trials; auto takes tpe where it is installed.", default="auto"
    )
    timeout: Takes[str | Duration | None, Lasting | None] = option("Stop starting trials after so long.", default=None)

    def flaws(self) -> Iterator[Problem]:
        """Yield numbers that do not go together."""
        if self.parallel > self.trials:
            yield Problem("parallel", f"{self.parallel} at a time of only {self.trials} trials")
