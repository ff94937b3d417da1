"""Machines to train on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from modelwright.errors import Problem
from modelwright.spec.accelerator import Accelerators
from modelwright.spec.base import Resource
from modelwright.spec.counts import MinMax
from modelwright.spec.duration import Duration, Lasting
from modelwright.spec.field import Takes, option
from modelwright.spec.size import Size


class Cluster(Resource):
    """A group of like machines that grows and shrinks with the work."""

    KIND = "cluster"

    accelerator: Accelerators = option("Accelerators of a machine; several are tried in this order.", default=())
    cpus: int | None = option("The least number of processor cores of a machine.", default=None, ge=1, le=1024)
    memory: Takes[str | Size | None, Size | None] = option("The least memory of a machine.", default=None)
    disk: Takes[str | Size | None, Size | None] = option("The disk of a machine.", default=None)
    nodes: Takes[int | tuple[int, int], MinMax] = option("How many machines: (minimum, maximum).", default=(0, 1))
    spot: bool = option("Use spare machines that may be taken away.", default=False)
    priority: Literal["low", "normal", "high"] = option(
        "Which work goes first when machines are short.", default="normal"
    )
    queue: bool = option("Let work wait for machines instead of failing.", default=False)
    reservation: str | None = option("A reservation or capacity block to use.", default=None, min_length=1)
    warm: Takes[str | Duration | None, Lasting | None] = option("Keep idle machines for so long.", default=None)
    max_hourly_cost: float | None = option("Refuse to grow beyond this cost.", default=None, gt=0)

    def flaws(self) -> Iterator[Problem]:
        """Yield fields that do not go together."""
        if self.spot and self.reservation:
            yield Problem("reservation", "reserved machines cannot be spot machines", "leave out one of the two")

    def relies_on(self) -> frozenset[str]:
        """Return the features that this cluster relies on."""
        wanted = {
            "cluster.accelerator": self.accelerator,
            "cluster.accelerator.fallback": len(self.accelerator) > 1,
            "cluster.autoscale": self.nodes.minimum != self.nodes.maximum,
            "cluster.scale_to_zero": self.nodes.minimum == 0,
            "cluster.multi_node": self.nodes.maximum > 1,
            "cluster.cpus": self.cpus,
            "cluster.memory": self.memory,
            "cluster.disk": self.disk,
            "cluster.spot": self.spot,
            "cluster.priority": self.priority != "normal",
            "cluster.queue": self.queue,
            "cluster.reservation": self.reservation,
            "cluster.warm": self.warm,
            "cluster.max_hourly_cost": self.max_hourly_cost is not None,
        }
        return super().relies_on() | {name for name, value in wanted.items() if value}
