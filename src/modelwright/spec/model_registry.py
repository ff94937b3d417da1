"""Models and the rules that their versions pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from modelwright.errors import Problem
from modelwright.spec.base import Named, Resource
from modelwright.spec.data_store import DataStore
from modelwright.spec.duration import Duration, Lasting
from modelwright.spec.expression import RowFilter
from modelwright.spec.field import Many, Takes, option
from modelwright.spec.frozen import FrozenMapping
from modelwright.spec.gates import Beats, Gate, impossible, metric_of
from modelwright.spec.names import Column
from modelwright.spec.reference import DataPath, Refers, ResourceReference
from modelwright.spec.training import TrainingJob

EVERYWHERE = "*"
"""The key of gates that were given as a list, for every environment."""


def _by_environment(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return {EVERYWHERE: tuple(value)}
    if isinstance(value, Mapping):
        return {key: tuple(gates) if isinstance(gates, list) else gates for key, gates in value.items()}
    return value


if TYPE_CHECKING:
    Gates = Takes[Mapping[str, Sequence[Gate]] | Sequence[Gate], Mapping[str, tuple[Gate, ...]]]
else:
    Gates = Annotated[dict[str, tuple[Gate, ...]], BeforeValidator(_by_environment), AfterValidator(FrozenMapping)]


class Model(Named):
    """A model: what trains it, on which rows it is judged, and which gates its versions pass per environment."""

    KIND = "model"

    training: Takes[TrainingJob | str | None, Annotated[ResourceReference, Refers("training")] | None] = option(
        "The job whose runs become versions.", default=None
    )
    evaluation: Takes[DataPath | DataStore | str | None, DataPath | None] = option(
        "The rows to judge versions on.", default=None
    )
    holdout: Takes[str | RowFilter | None, RowFilter | None] = option(
        "Which of the rows are kept from training.", default=None
    )
    label: Column | None = option("The column with the truth.", default=None)
    block: str | None = option(
        "What is held out and resampled as a whole: hour, day, week or month of `timestamp`, or a column.",
        default=None,
        min_length=1,
    )
    timestamp: Column | None = option("The column with the time of the event.", default=None)
    evaluation_window: Takes[str | Duration | None, Lasting | None] = option(
        "Judge only on the latest such span.", default=None
    )
    metrics: Many[str] = option("Metrics to compute; those of the gates are added.", default=())
    gates: Gates = option("Gates by environment, or one list for all.", default={})

    def gates_for(self, environment: str) -> tuple[Gate, ...]:
        """Return the gates that a version passes in an environment."""
        return self.gates.get(environment, self.gates.get(EVERYWHERE, ()))

    @model_validator(mode="after")
    def _measure(self) -> Self:
        of_gates = [name for gates in self.gates.values() for gate in gates for name in metric_of(gate)]
        metrics = tuple(dict.fromkeys([*self.metrics, *of_gates]))
        object.__setattr__(self, "__dict__", {**self.__dict__, "metrics": metrics})
        return self

    def flaws(self) -> Iterator[Problem]:
        """Yield fields that lack another."""
        for name in ("holdout", "label", "timestamp", "evaluation_window"):
            if getattr(self, name) is not None and self.evaluation is None:
                yield Problem(name, "says how to evaluate, but `evaluation` names no rows")
        if self.holdout and not self.block:
            yield Problem("block", "held-out rows are whole blocks, so that nothing leaks", 'such as block="day"')
        if self.evaluation_window and not self.timestamp:
            yield Problem("timestamp", "a window of evaluation rows needs the column with their time")
        for environment, gates in self.gates.items():
            path = f"gates.{environment}"
            yield from (Problem(f"{path}{p.path}", p.message) for p in impossible(gates))
            yield from self._unjudged(path, gates)

    def _unjudged(self, path: str, gates: tuple[Gate, ...]) -> Iterator[Problem]:
        for index, gate in enumerate(gates):
            if isinstance(gate, Beats) and (self.evaluation is None or self.label is None):
                text = "comparing versions needs `evaluation` rows and their `label`"
                yield Problem(f"{path}[{index}]", text)

    def relies_on(self) -> frozenset[str]:
        """Return the features that this model relies on."""
        found = {"model_registry.gate." + gate.KIND for gates in self.gates.values() for gate in gates}
        if self.evaluation:
            found.add("model_registry.evaluation")
        return frozenset(found)


class ModelRegistry(Resource):
    """Where versions of models are kept."""

    KIND = "model_registry"

    models: Many[Model] = option("The models.", default=())

    def model(self, name: str) -> Model | None:
        """Return the model of a name, if there is one."""
        return next((model for model in self.models if model.name == name), None)

    def relies_on(self) -> frozenset[str]:
        """Return the features that this registry relies on."""
        return super().relies_on().union({"model_registry"}, *(model.relies_on() for model in self.models))
