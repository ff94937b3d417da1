"""Traffic by hand: the shares of the variants of the release that serves."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.client.endpoints import not_released
from modelwright.errors import TransitionError, UsageError, did_you_mean
from modelwright.lifecycle.appending import append_endpoint, lost_to
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
        raise not_released(platform, endpoint)
    for variant in weights:
        if variant not in current.versions:
            hint = did_you_mean(variant, current.versions)
            raise UsageError(f"{variant!r} does not serve behind {endpoint}", remedy=hint)
    whole = all(isinstance(weight, int) and weight >= 0 for weight in weights.values())
    if not whole or sum(weights.values()) != _WHOLE:
        raise UsageError(f"weights must be whole numbers that sum to 100, not {dict(weights)}")
    mirror = dict(state.traffic.mirror) if state.traffic else {}
    known = {**(state.traffic.versions if state.traffic else {}), **current.versions}
    body = {
        "release": current.number,
        "weights": dict(weights),
        "mirror": mirror,
        "versions": {variant: known[variant] for variant in (*weights, *mirror)},
    }
    key = f"by-hand/{len(platform.endpoint(endpoint).events())}"
    if append_endpoint(platform, endpoint, "traffic.set", body, key=key, reason=reason) is None:
        raise lost_to(platform, endpoint)
    platform.driver.serving.set_traffic(endpoint, weights, mirror)
