"""How a trial stands against the finished ones: whether it is hopeless, and whether its model is worth writing.

The median rule: a trial that does worse than half of the finished ones did at the same step is given up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from modelwright.errors import CancelledError

_FEWEST_RIVALS = 4


class TrialPrunedError(CancelledError):
    """Tuning gave a trial up; training code lets this pass."""


@dataclass
class Race:
    """One trial among others; without an objective (no tuning) nothing is hopeless and everything is worth it.

    `rivals` are the reports of finished trials, step by step; `leader` is the best objective so far.
    """

    objective: str | None = None
    maximize: bool = True
    leader: float | None = None
    rivals: Sequence[Sequence[float]] = ()
    reports: list[float] = field(default_factory=list)

    def report(self, value: float) -> None:
        """Record the value of the next step. Raises `TrialPrunedError` for a hopeless trial."""
        self.reports.append(float(value))
        step = len(self.reports)
        peers = [rival[step - 1] for rival in self.rivals if len(rival) >= step]
        if len(peers) < _FEWEST_RIVALS or not math.isfinite(self.reports[-1]):
            return
        best = max(self.reports) if self.maximize else min(self.reports)
        middle = median(peers)
        if best < middle if self.maximize else best > middle:
            raise TrialPrunedError(f"pruned at step {step}: {best:g}, the median there is {middle:g}")

    def is_lost(self, metrics: Mapping[str, float | None]) -> bool:
        """Return whether these metrics say that another trial is at least as good."""
        value = metrics.get(self.objective) if self.objective else None
        if value is None or self.leader is None:
            return False
        return value <= self.leader if self.maximize else value >= self.leader
