"""What clients saw of each variant on this machine, from the router or, where it is not running, from its file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver.routerlink import RouterLink
from modelwright.adapters.local.driver.serving import base_environment
from modelwright.adapters.local.router.tally import read_tally
from modelwright.canonical import timestamp
from modelwright.contract.driver import Measure
from modelwright.errors import TransientError


class LocalMeasures:
    """The `Measures` of one environment, by its state folder."""

    def __init__(self, state: Path, clock: Path | None = None) -> None:
        self._root = state.absolute() / "endpoints"
        self._environment = base_environment(clock)

    def read(self, endpoint: str, since: datetime, until: datetime) -> Mapping[str, Measure]:
        """Return the measure of each variant for whole minutes that touch `since <= t < until`; mirrored ones too."""
        folder = self._root / endpoint
        link = RouterLink(folder, self._environment)
        if link.alive():
            try:
                found = link.measures(timestamp(since), timestamp(until))
            except TransientError:
                found = {}
            else:
                return {name: _measure(counts) for name, counts in found.items()}
        return {
            name: Measure(bucket.requests, bucket.errors, bucket.percentile(0.5), bucket.percentile(0.99))
            for name, bucket in read_tally(folder, since, until).items()
        }


def _measure(counts: Mapping[str, Any]) -> Measure:
    p50, p99 = (math.nan if counts[name] is None else float(counts[name]) for name in ("p50_ms", "p99_ms"))
    return Measure(int(counts["requests"]), int(counts["errors"]), p50, p99)
