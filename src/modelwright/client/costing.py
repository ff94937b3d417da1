"""What an environment costs by the prices that its adapter knows; where it knows none, nothing is estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelwright.client.html import definition_list
from modelwright.lifecycle.platform import LivePlatform

HOURS = 730.0
"""Hours of an average month."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Hourly prices by resource, and the part of the month's runs; `priced` is False where no price is known."""

    adapter: str
    hourly: dict[str, float]
    runs: dict[str, float]

    @property
    def priced(self) -> bool:
        """Whether the adapter knows the price of anything."""
        return bool(self.hourly)

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as JSON; `monthly` is what standing resources cost in 730 hours."""
        return {
            "adapter": self.adapter,
            "priced": self.priced,
            "hourly": self.hourly,
            "monthly": sum(self.hourly.values()) * HOURS if self.priced else None,
            "runs": self.runs,
        }

    def _repr_html_(self) -> str:
        return definition_list("Cost", self.to_dict())


def cost(platform: LivePlatform) -> Cost:
    """Return the prices in the platform record, and what this month's runs cost at them."""
    from modelwright.lifecycle.training import training_state

    record, now = platform.record, platform.now()
    known = {name: values["hourly_price"] for name, values in record.outputs.items() if "hourly_price" in values}
    runs: dict[str, float] = {}
    for job in record.of_kind("training"):
        month = [r for r in training_state(platform, job).runs.values() if f"{r.queued:%Y-%m}" == f"{now:%Y-%m}"]
        price = record.hourly_price(job)
        if month and price:
            runs[job] = price * sum(run.seconds for run in month) / 3600
    return Cost(str(record.document["adapter"]), {name: float(price) for name, price in known.items()}, runs)
