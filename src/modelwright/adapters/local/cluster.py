"""Clusters on this machine: the machine itself, with the bounds that a job's process gets."""

from __future__ import annotations

from modelwright.contract.outputs import ClusterOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.cluster import Cluster


def lower(cluster: Cluster, _scope: Scope) -> ClusterOutputs:
    """Return the cluster's name and its memory, which bounds every run on it; an hour costs nothing."""
    memory = cluster.memory.bytes if cluster.memory else None
    return ClusterOutputs(name=cluster.name, hourly_price=0.0, extra={"memory_bytes": memory})
