"""The config of a monitor's run."""

from __future__ import annotations

from modelwright.assembly.value import Slot, Value
from modelwright.contract.lowered import Lowered
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.monitor import Monitor


def monitor_config(monitor: Monitor, lowered: Lowered) -> dict[str, Value]:
    """Return the config of computing every closed window without a result; open: `at`, `releases`."""
    endpoint = lowered.project.inventory.get(Endpoint, monitor.endpoint.name)
    checks = [check.document() for check in monitor.checks]
    delays = [check["labels_within"] for check in checks if check.get("labels_within") is not None]
    return {
        "schema": "modelwright.monitor/1",
        "monitor": monitor.name,
        "endpoint": endpoint.name,
        "window": monitor.window.seconds,
        "timezone": monitor.timezone,
        "labels_within": max(delays, default=None),
        "checks": checks,
        "keys": list(endpoint.keys),
        "control": lowered.foundation.control,
        "now": Slot("at"),
        "releases": Slot("releases"),
        "min_rows": monitor.min_rows,
    }
