"""Monitors on this machine: a job that computes every closed window without a result."""

from __future__ import annotations

from modelwright.adapters.local import job
from modelwright.assembly.value import Join
from modelwright.contract.outputs import MonitorOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.monitor import Monitor


def lower(monitor: Monitor, scope: Scope) -> MonitorOutputs:
    """Add the request that runs the monitor."""
    scope.request("monitor", job.OPERATION, job.body("monitor", scope.monitor_config(monitor), scope))
    return MonitorOutputs(name=monitor.name, results=Join((scope.foundation.control, f"/results/{monitor.name}")))
