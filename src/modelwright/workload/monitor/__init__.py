"""The monitor: closed windows of what an endpoint saw and answered, checked against each version's own reference.

The lifecycle reads `state` and `windows` from here, so the package itself loads no arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def run(config: Mapping[str, Any]) -> int:
    """Compute every closed window without a result; return the exit status."""
    from modelwright.workload.monitor.job import run as compute

    return compute(dict(config))
