"""Gates: rules that a version must pass before it may serve in an environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NoReturn

from pydantic import StringConstraints

from modelwright.errors import Problem, UsageError
from modelwright.spec.base import Spec
from modelwright.spec.checks import Attribution, Bias, Drift, Performance, Quality
from modelwright.spec.duration import Duration
from modelwright.spec.field import OneOf, Takes, option

Alias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]


class Threshold(Spec):
    """A metric on the evaluation rows must be at least, or at most, a number; made by `Metric("auc") >= 0.65`."""

    KIND = "threshold"

    metric: str = option("The metric.", min_length=1)
    operator: Literal[">=", "<="] = option("On which side of `value` it must lie.")
    value: float = option("The number.")


class Beats(Spec):
    """A metric must be better than another version's on the same rows; made by `Metric("auc").beats(…)`."""

    KIND = "beats"

    metric: str = option("The metric.", min_length=1)
    alias: Alias = option("The version to compare with.", default="champion")
    by: float = option("By how much, in the metric's unit.", default=0.0, ge=0)
    confidence: float = option("How sure the comparison must be.", default=0.95, gt=0.5, lt=1)


class Metric:
    """A metric by name, to make gates of: `Metric("auc") >= 0.65`, `Metric("auc").beats("champion", by=0.005)`."""

    __slots__ = ("name",)
    __hash__ = None  # type: ignore[assignment]  # comparing makes gates, so a metric cannot stand in a set

    def __init__(self, name: str) -> None:
        self.name = name

    def __ge__(self, value: float) -> Threshold:
        return Threshold(metric=self.name, operator=">=", value=value)

    def __le__(self, value: float) -> Threshold:
        return Threshold(metric=self.name, operator="<=", value=value)

    def beats(self, alias: str = "champion", *, by: float = 0.0, confidence: float = 0.95) -> Beats:
        """Return the gate that a version is better than the one behind an alias, `by` so much, with `confidence`."""
        return Beats(metric=self.name, alias=alias, by=by, confidence=confidence)

    def _refuse(self, _value: object) -> NoReturn:
        raise UsageError(
            f"Metric({self.name!r}) is compared with >= or <= only", remedy=f'write Metric("{self.name}") >= …'
        )

    __gt__ = __lt__ = __eq__ = __ne__ = _refuse

    def __bool__(self) -> NoReturn:
        raise UsageError(f"Metric({self.name!r}) is no condition yet: compare it with a number")

    def __repr__(self) -> str:
        return f"Metric({self.name!r})"


class Soak(Spec):
    """A version must have served for some time: as challenger on mirrored traffic, or in another environment."""

    KIND = "soak"

    duration: Takes[str | Duration, Duration] = option("How long.", kw_only=False)
    as_: Alias = option("The alias under which it serves meanwhile.", default="challenger")
    environment: str | None = option("The environment to serve in; None is this one.", default=None)
    min_requests: int = option("How many requests it must have answered.", default=0, ge=0)

    def document(self) -> dict[str, object]:
        """Return the gate as JSON; the field `as_` is called `as` there."""
        body = super().document()
        return {**{name: value for name, value in body.items() if name != "as_"}, "as": self.as_}

    @classmethod
    def describe(cls, schema: dict[str, Any]) -> None:
        """Describe `document`."""
        super().describe(schema)
        schema["properties"]["as"] = schema["properties"].pop("as_")
        schema["required"] = list(schema["properties"])


class Approval(Spec):
    """People in a role must approve."""

    KIND = "approval"

    role: str = option("The role.", kw_only=False, min_length=1)
    not_author: bool = option("Whoever trained the version does not count.", default=False)
    count: int = option("How many people.", default=1, ge=1, le=20)


class Passes(Spec):
    """The evaluation rows must pass a check against the version's reference."""

    KIND = "passes"

    check: Annotated[Quality | Drift | Bias | Performance | Attribution, OneOf()] = option("The check.", kw_only=False)


class Cost(Spec):
    """What training or serving a version costs must not exceed a maximum."""

    KIND = "cost"

    maximum: float = option("The most it may cost.", gt=0)
    of: Literal["run", "month"] = option("The cost of its training run, or of a month of serving.", default="run")


Gate = Annotated[Threshold | Beats | Passes | Soak | Approval | Cost, OneOf()]


def metric_of(gate: object) -> Iterator[str]:
    """Yield the metrics that must be computed for a gate."""
    if isinstance(gate, Threshold | Beats):
        yield gate.metric
    if isinstance(gate, Passes) and isinstance(gate.check, Performance):
        yield gate.check.metric


def impossible(gates: tuple[object, ...]) -> Iterator[Problem]:
    """Yield thresholds on one metric that no number can meet."""
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    for index, gate in enumerate(gates):
        if not isinstance(gate, Threshold):
            continue
        (low if gate.operator == ">=" else high)[gate.metric] = gate.value
        if low.get(gate.metric, float("-inf")) > high.get(gate.metric, float("inf")):
            text = f"{gate.metric} cannot be at least {low[gate.metric]} and at most {high[gate.metric]}"
            yield Problem(f"[{index}]", text)
