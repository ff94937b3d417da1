"""Which path belongs to which protocol: every platform that this server stands behind finds its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Action = Literal["live", "ready", "rows", "tensors", "describe", "server", "models", "metrics", "flush"]

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


@dataclass(frozen=True, slots=True)
class Routes:
    """The table of one server: fixed paths, the platform's own, and those with the model's name in them."""

    table: Mapping[tuple[str, str], Action]
    paths: frozenset[str]

    def find(self, method: str, path: str) -> Action | None:
        """Return what a request asks for, None for an unknown path or method."""
        return self.table.get(("GET" if method == "HEAD" else method, path))


def routes_for(names: tuple[str, ...], version: str) -> Routes:
    """Return the table for a model known under these names; Vertex AI names its routes in the environment."""
    table = dict(_FIXED)
    for name in dict.fromkeys(names):
        table[("GET", f"/v1/models/{name}")] = "models"
        table[("POST", f"/v1/models/{name}:predict")] = "rows"
        for base in (f"/v2/models/{name}", f"/v2/models/{name}/versions/{version}"):
            table[("GET", base)] = "describe"
            table[("GET", f"{base}/ready")] = "ready"
            table[("POST", f"{base}/infer")] = "tensors"
    if health := os.environ.get("AIP_HEALTH_ROUTE"):
        table[("GET", health)] = "ready"
    if predict := os.environ.get("AIP_PREDICT_ROUTE"):
        table[("POST", predict)] = "rows"
    return Routes(table, frozenset(path for _, path in table))
