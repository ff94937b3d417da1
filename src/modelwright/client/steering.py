"""Traffic by hand: the shares of the variants of the release that serves."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.errors import NotReleasedError, TransitionError, UsageError, did_you_mean
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.serving import endpoint_state

_WHOLE = 100


def set_traffic(platform: LivePlatform, endpoint: str, weights: Mapping[str, int], *, reason: str = "") -> None:
    """Give the variants of the live release these shares (integers that sum to 100), until the next release.

    Raises `NotReleasedError`, `TransitionError` while a release is under way, and `UsageError` for other variants.
    """
    state = endpoint_state(platform, endpoint)
    if state.moving is not None:
        raise TransitionError(
            f"release {state.moving.number} of {endpoint} is under way and steers the traffic itself",
            remedy=f"wait for it, or run `modelwright endpoint rollback {endpoint}`",
        )
    current = state.current
    if current is None:
        raise NotReleasedError(f"nothing serves behind {endpoint}")
    for variant in weights:
        if variant not in current.versions:
            hint = did_you_mean(variant, current.versions)
            raise UsageError(f"{variant!r} does not serve behind {endpoint}", remedy=hint)
    if sum(weights.values()) != _WHOLE or min(weights.values()) < 0:
        raise UsageError(f"weights must be non-negative and sum to 100, not {sum(weights.values())}")
    mirror = dict(state.traffic.mirror) if state.traffic else {}
    known = {**(state.traffic.versions if state.traffic else {}), **current.versions}
    body = {
        "release": current.number,
        "weights": dict(weights),
        "mirror": mirror,
        "versions": {variant: known[variant] for variant in (*weights, *mirror)},
    }
    stream = platform.endpoint(endpoint)
    stream.append("traffic.set", body, key=f"by-hand/{len(stream.events())}", reason=reason)
    platform.driver.serving.set_traffic(endpoint, weights, mirror)
