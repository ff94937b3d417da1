"""Who gets the next request: weights and mirrored fractions, met exactly and not on average."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelwright.adapters.local.router.variant import read_json

FILE = "routing.json"
SCHEMA = "modelwright.routing/1"
TOTAL = 100


@dataclass(frozen=True, slots=True)
class Routing:
    """Weights by variant (integers, sum 100, or none), mirrored fractions, and a number that grows with each change."""

    generation: int = 0
    weights: Mapping[str, int] = field(default_factory=dict)
    mirror: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return the document `modelwright.routing/1`."""
        given = {"weights": dict(self.weights), "mirror": dict(self.mirror)}
        return {"schema": SCHEMA, "generation": self.generation, **given}


def read_routing(endpoint: Path) -> Routing:
    """Return the routing of an endpoint's folder; without a file nothing is routed."""
    found = read_json(endpoint / FILE)
    if found is None:
        return Routing()
    weights = {str(name): int(weight) for name, weight in found.get("weights", {}).items() if weight}
    mirror = {str(name): float(share) for name, share in found.get("mirror", {}).items() if share}
    return Routing(int(found.get("generation", 0)), weights, mirror)


class Chooser:
    """Smooth weighted round robin (as nginx does it): in any 100 requests each variant has exactly its weight."""

    def __init__(self, routing: Routing) -> None:
        self.routing = routing
        self._credit = dict.fromkeys(routing.weights, 0)
        self._owed = dict.fromkeys(routing.mirror, 0.0)
        self._total = sum(routing.weights.values())
        self._only = next(iter(routing.weights)) if len(routing.weights) == 1 else None

    def choose(self) -> str | None:
        """Return the variant of the next request, None when none has weight."""
        if self._only is not None:
            return self._only
        best: str | None = None
        for name, weight in self.routing.weights.items():
            self._credit[name] += weight
            if best is None or self._credit[name] > self._credit[best]:
                best = name
        if best is not None:
            self._credit[best] -= self._total
        return best

    def heaviest(self) -> str | None:
        """Return the variant with the largest weight, for requests that are no predictions."""
        return max(self.routing.weights, key=lambda name: self.routing.weights[name], default=None)

    def mirrored(self, answering: str | None) -> list[str]:
        """Return the variants that get a copy of the next request; the one that answers it does not."""
        found = []
        for name, share in self.routing.mirror.items():
            if name == answering:
                continue
            self._owed[name] += share
            if self._owed[name] >= 1.0 - 1e-9:
                self._owed[name] -= 1.0
                found.append(name)
        return found
