"""Guardrails: what an endpoint does about inputs and predictions that it should not trust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from modelwright.errors import Problem
from modelwright.spec.base import Spec
from modelwright.spec.field import Json, Takes, option
from modelwright.spec.names import Column
from modelwright.spec.reference import ModelReference

Action = Literal["flag", "override", "fallback", "abstain", "reject"]


class Guardrail(Spec):
    """A condition on one row, and an action; made by `range`, `category`, `missing` or `confidence`."""

    KIND = "guardrail"

    condition: Literal["range", "category", "missing", "confidence"] = option("What is looked at.")
    column: Column | None = option("The input column.", default=None)
    low: float | None = option("The least value allowed.", default=None)
    high: float | None = option("The greatest value allowed.", default=None)
    known: Takes[
        str | Sequence[str | int | bool] | None, Literal["reference"] | tuple[str | int | bool, ...] | None
    ] = option("The categories allowed; reference takes those that the version was trained with.", default=None)
    below: float | None = option("Predictions less confident than this meet the condition.", default=None, gt=0, le=1)
    action: Action = option("What to do.", default="flag")
    value: Json = option("The answer given by `override`.", default=None)
    to: Takes[str | ModelReference | None, ModelReference | None] = option(
        "The version that answers on `fallback`.", default=None
    )

    @classmethod
    def range(
        cls, column: str, low: float | None = None, high: float | None = None, *, action: Action = "flag", **fields: Any
    ) -> Guardrail:
        """Watch a number that lies outside its bounds."""
        return cls(condition="range", column=column, low=low, high=high, action=action, **fields)

    @classmethod
    def category(
        cls,
        column: str,
        known: str | Sequence[str | int | bool] = "reference",
        *,
        action: Action = "flag",
        **fields: Any,
    ) -> Guardrail:
        """Watch a category that is not known."""
        return cls(condition="category", column=column, known=known, action=action, **fields)

    @classmethod
    def missing(cls, column: str, *, action: Action = "flag", **fields: Any) -> Guardrail:
        """Watch a column that is absent or null."""
        return cls(condition="missing", column=column, action=action, **fields)

    @classmethod
    def confidence(cls, below: float, *, action: Action = "flag", **fields: Any) -> Guardrail:
        """Watch a prediction whose most likely class is not likely enough."""
        return cls(condition="confidence", below=below, action=action, **fields)

    def flaws(self) -> Iterator[Problem]:
        """Yield fields that do not go together."""
        if self.condition == "range" and self.low is None and self.high is None:
            yield Problem("low", "a range needs a least or a greatest value")
        if self.low is not None and self.high is not None and self.low > self.high:
            yield Problem("low", f"the minimum {self.low} is greater than the maximum {self.high}")
        if (self.action == "override") != (self.value is not None):
            yield Problem("value", "goes with action 'override', and only with it")
        if (self.action == "fallback") != (self.to is not None):
            yield Problem("to", "goes with action 'fallback', and only with it", 'such as to="delay:3"')

    def document(self) -> dict[str, Any]:
        """Return the guardrail as JSON, with the condition as its `kind`."""
        body = super().document()
        del body["condition"]
        return {**body, "kind": self.condition}

    @classmethod
    def describe(cls, schema: dict[str, Any]) -> None:
        """Describe `document`."""
        super().describe(schema)
        schema["properties"]["kind"] = schema["properties"].pop("condition")
        schema["required"] = list(schema["properties"])
