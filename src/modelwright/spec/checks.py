"""What a monitor looks at, and a gate may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from modelwright.errors import Problem
from modelwright.spec.base import Spec
from modelwright.spec.duration import Duration
from modelwright.spec.field import OneOf, Takes, option
from modelwright.spec.names import Column, OptionalColumns


class Examination(Spec):
    """Something that is looked at window by window."""

    @property
    def name(self) -> str:
        """What `Retrain(on=…)` calls this check."""
        return self.KIND

    def document(self) -> dict[str, Any]:
        """Return the check as JSON, with its name."""
        return {**super().document(), "name": self.name}

    @classmethod
    def describe(cls, schema: dict[str, Any]) -> None:
        """Describe `document`."""
        super().describe(schema)
        schema["properties"]["name"] = {"type": "string", "description": "What Retrain(on=…) calls this check."}
        schema["required"].append("name")


class Drift(Examination):
    """The distribution of inputs (or of the output) against the version's reference."""

    KIND = "drift"

    method: Literal["psi", "ks", "js", "wasserstein", "chi_square"] = option("The distance.", default="psi")
    columns: OptionalColumns = option("The columns; None takes all of the signature.", default=None)
    threshold: float | Literal["auto"] = option(
        "The largest distance; auto takes the 95 % quantile of the reference's own windows.", default="auto"
    )
    least: float = option(
        "The least that auto may find: a column that hardly varies has windows whose drift matters to nobody.",
        default=0.0,
        ge=0,
    )

    def flaws(self) -> Iterator[Problem]:
        """Yield a threshold that no distance can meet, and a least threshold beside a given one."""
        if self.threshold != "auto" and self.threshold <= 0:
            yield Problem("threshold", f"must be above 0 or 'auto', not {self.threshold}")
        if self.threshold != "auto" and self.least:
            yield Problem("least", "bounds what auto finds, and the threshold is given", "leave one of the two out")


class Quality(Examination):
    """Whether the inputs are whole: nulls, unknown categories, values out of range, wrong types."""

    KIND = "quality"

    nulls: float = option("The share of nulls allowed beyond the reference's.", default=0.0, ge=0, le=1)
    new_categories: Literal["ignore", "warn", "fail"] = option(
        "What to do about a category that the reference lacks.", default="warn"
    )
    out_of_range: float = option("The share of numbers allowed outside the reference's range.", default=1.0, ge=0, le=1)
    columns: OptionalColumns = option("The columns; None takes all of the signature.", default=None)


class Performance(Examination):
    """A metric of the predictions against the truth that arrived later."""

    KIND = "performance"

    metric: str = option("The metric.", kw_only=False, min_length=1)
    minimum: float | None = option("The least value allowed.", default=None)
    maximum: float | None = option("The greatest value allowed.", default=None)
    labels_within: Takes[str | Duration, Duration] = option(
        "How long after a window its labels may arrive.", default="1d"
    )
    min_matched: float = option("The least share of predictions that must have a label.", default=0.5, ge=0, le=1)

    def flaws(self) -> Iterator[Problem]:
        """Yield bounds that are missing or that no value can meet."""
        if self.minimum is None and self.maximum is None:
            yield Problem("minimum", "a minimum or a maximum is required")
        elif self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            yield Problem("minimum", f"the minimum {self.minimum} is greater than the maximum {self.maximum}")

    @property
    def name(self) -> str:
        """What `Retrain(on=…)` calls this check."""
        return self.metric


class Bias(Examination):
    """How differently groups are treated."""

    KIND = "bias"

    group: Column = option("The column that names the groups; among the inputs or the truth's attributes.")
    metric: Literal["demographic_parity", "equal_opportunity", "disparate_impact"] = option(
        "The measure.", default="demographic_parity"
    )
    threshold: float = option(
        "The largest difference, or for disparate_impact the smallest ratio.", default=0.1, gt=0, le=1
    )
    labels_within: Takes[str | Duration, Duration] = option(
        "How long after a window its labels may arrive.", default="1d"
    )
    min_group: int = option("Groups with fewer rows are left out.", default=30, ge=1)

    @property
    def needs_truth(self) -> bool:
        """Whether the measure compares with labels."""
        return self.metric == "equal_opportunity"


class Attribution(Examination):
    """Whether the model leans on other columns than it did on the reference."""

    KIND = "attribution"

    threshold: float = option("The largest change of the columns' shares of influence.", default=0.3, gt=0, le=1)


Check = Annotated[Drift | Quality | Performance | Bias | Attribution, OneOf()]
