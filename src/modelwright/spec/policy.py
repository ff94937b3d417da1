"""Rules for a whole project."""

from __future__ import annotations

from modelwright.spec.base import Spec
from modelwright.spec.field import option


class Budget(Spec):
    """The most that a project may cost."""

    KIND = "budget"

    monthly: float = option("The budget of a calendar month.", gt=0)
    alert_at: float = option("Tell when this share of it is spent.", default=0.8, gt=0, le=10)
    stop_at: float | None = option(
        "Start no more jobs when this share of it is spent; None never stops.", default=None, gt=0, le=10
    )
    currency: str = option("The currency.", default="USD", pattern="^[A-Z]{3}$")
