"""When a measured error rate says enough: a few requests must neither abort a rollout nor let it pass."""

from __future__ import annotations

import math

from modelwright.contract.driver import Measure

_Z = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


def wilson_low(errors: int, requests: int) -> float:
    """Return the lower end of the 95 % Wilson interval of a share (Wilson 1927, JASA 22:209); 0 without requests."""
    if requests == 0:
        return 0.0
    share = errors / requests
    centre = share + _Z**2 / (2 * requests)
    spread = _Z * math.sqrt(share * (1 - share) / requests + _Z**2 / (4 * requests**2))
    return max(0.0, (centre - spread) / (1 + _Z**2 / requests))


def errors_exceed(measure: Measure, limit: float) -> bool:
    """Return whether the error rate is above `limit` beyond doubt: at least two errors, and the interval above it."""
    return measure.errors >= 2 and wilson_low(measure.errors, measure.requests) > limit  # noqa: PLR2004  two, as said
