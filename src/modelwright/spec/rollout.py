"""How one release replaces another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator

from modelwright.errors import Problem
from modelwright.spec.base import Spec
from modelwright.spec.duration import Duration
from modelwright.spec.field import Many, OneOf, Takes, option, readable, shown

_METRICS = ("error_rate", "p50_ms", "p99_ms")
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_CONDITION = re.compile(rf"(\w+)\s*(>=?)\s*(?:({_NUMBER})\s*(?:(\*)\s*stable)?|(stable))", re.ASCII)


@readable(
    {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "metric": {"enum": list(_METRICS)},
            "operator": {"enum": [">", ">="]},
            "value": {"type": "number"},
            "relative": {"type": "boolean"},
        },
        "required": ["text", "metric", "operator", "value", "relative"],
        "written": ["error_rate > 0.01", "p99_ms > 3 * stable"],
    }
)
@dataclass(frozen=True, slots=True)
class Condition:
    """`metric operator value`, or, if `relative`, `metric operator value * stable`: when a canary is taken back."""

    metric: str
    operator: str
    value: float
    relative: bool
    text: str = field(compare=False)

    @classmethod
    def parse(cls, value: Any) -> Condition:
        """Return the condition of a spelling. Raises `ValueError` naming what is allowed."""
        if isinstance(value, Condition):
            return value
        match = _CONDITION.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None or match[1] not in _METRICS:
            example = "'error_rate > 0.01' or 'p99_ms > 3 * stable'"
            raise ValueError(f"{shown(value)} is no condition: write {example}, of {', '.join(_METRICS)}")
        number = 1.0 if match[5] else float(match[3])
        return cls(match[1], match[2], number, bool(match[4] or match[5]), value.strip())

    def holds(self, canary: float, stable: float) -> bool:
        """Return whether the condition holds for a metric of the canary and of the stable release."""
        limit = self.value * stable if self.relative else self.value
        return canary > limit or (self.operator == ">=" and canary == limit)

    def document(self) -> dict[str, Any]:
        """Return the condition as JSON."""
        return {
            "text": self.text, "metric": self.metric, "operator": self.operator, "value": self.value,
            "relative": self.relative,
        }  # fmt: skip


def _percent(step: int) -> int:
    if not 1 <= step <= 99:  # noqa: PLR2004  # neither none nor all
        raise ValueError(f"must be between 1 and 99 percent, not {step}")
    return step


Percent = Annotated[int, AfterValidator(_percent)]


class AllAtOnce(Spec):
    """The new release takes all traffic when it is ready."""

    KIND = "all_at_once"


class Canary(Spec):
    """The new release takes traffic in steps, and is taken back when a condition holds. No steps: blue/green."""

    KIND = "canary"

    steps: Many[Percent] = option("Shares of traffic in percent, rising, before all of it.", default=(10, 50))
    bake: Takes[str | Duration, Duration] = option("How long each step lasts at least.", default="10m")
    min_requests: int = option("How many requests each step must have answered.", default=0, ge=0)
    rollback_when: Takes[list[str] | tuple[str, ...], tuple[Condition, ...]] = option(
        "Conditions that take the release back.", default=("error_rate > 0.01",)
    )

    def flaws(self) -> Iterator[Problem]:
        """Yield steps that do not rise."""
        before = 0
        for index, step in enumerate(self.steps):
            if step <= before:
                yield Problem(f"steps[{index}]", f"must be more than the step before: {step} after {before}")
            before = step


Rollout = Annotated[AllAtOnce | Canary, OneOf()]
