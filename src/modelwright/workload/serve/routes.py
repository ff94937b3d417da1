"""Which path belongs to which protocol: every platform that this server stands behind finds its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Action = Literal["live", "ready", "rows", "tensors", "describe", "server", "models", "model", "metrics", "flush"]

_FIXED: Mapping[tuple[str, str], Action] = {
    ("GET", "/"): "live",
    ("GET", "/livez"): "live",
    ("GET", "/readyz"): "ready",
    ("GET", "/healthz"): "live",
    ("GET", "/ping"): "ready",  # SageMaker
    ("POST", "/invocations"): "rows",
    ("POST", "/score"): "rows",  # Azure ML
    ("POST", "/predict"): "rows",
    ("GET", "/v2"): "server",  # Open Inference Protocol
    ("GET", "/v2/health/live"): "live",
    ("GET", "/v2/health/ready"): "ready",
    ("GET", "/v1/models"): "models",  # KServe v1
    ("GET", "/metrics"): "metrics",
    ("POST", "/-/flush"): "flush",
}
OPEN = frozenset({"live", "ready"})


class Target(NamedTuple):
    """What a request asks for, and the name by which it calls the model (the endpoint's where its path has none)."""

    action: Action
    model: str


@dataclass(frozen=True, slots=True)
class Routes:
    """The table of one server: fixed paths, the platform's own, and those with the model's name in them."""

    table: Mapping[tuple[str, str], Target]
    paths: frozenset[str]

    def find(self, method: str, path: str) -> Target | None:
        """Return what a request asks for, None for an unknown path or method."""
        return self.table.get(("GET" if method == "HEAD" else method, path))


def routes_for(names: tuple[str, ...], version: str) -> Routes:
    """Return the table for a model known under these names, the endpoint's first.

    Vertex AI names its routes in the environment.
    """
    first = names[0]
    table = {route: Target(action, first) for route, action in _FIXED.items()}
    for name in dict.fromkeys(names):
        table[("GET", f"/v1/models/{name}")] = Target("model", name)
        table[("POST", f"/v1/models/{name}:predict")] = Target("rows", name)
        for base in (f"/v2/models/{name}", f"/v2/models/{name}/versions/{version}"):
            table[("GET", base)] = Target("describe", name)
            table[("GET", f"{base}/ready")] = Target("ready", name)
            table[("POST", f"{base}/infer")] = Target("tensors", name)
    if health := os.environ.get("AIP_HEALTH_ROUTE"):
        table[("GET", health)] = Target("ready", first)
    if predict := os.environ.get("AIP_PREDICT_ROUTE"):
        table[("POST", predict)] = Target("rows", first)
    return Routes(table, frozenset(path for _, path in table))
