"""Weights of a rollout and the evidence that ends one, against arithmetic done by hand and scipy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from scipy.stats import binomtest

from modelwright.contract.driver import Measure
from modelwright.lifecycle.conditions import broken_condition
from modelwright.lifecycle.evidence import errors_exceed, wilson_low
from modelwright.lifecycle.release import EndpointState, ReleaseState
from modelwright.lifecycle.rollout import blend, rollout_steps

AT = datetime(2013, 3, 1, tzinfo=UTC)


def release(number: int, weights: dict[str, int], state: str = "live", **more: object) -> ReleaseState:
    versions = {variant: int(variant[1]) for variant in weights}
    fields = {"rollout": {"kind": "canary", "steps": [10, 50]}, "replaces": 1, "restores": None, **more}
    return ReleaseState(number, state, versions, weights, {}, planned=AT, reason="", **fields)  # type: ignore[arg-type]  # fields are of many types


def test_a_share_of_ten_leaves_ninety_to_the_live_release() -> None:
    live, new = release(1, {"v1-r1": 100}), release(2, {"v2-r2": 100}, "rolling")
    state = EndpointState({1: live, 2: new}, live=1)
    assert blend(state, new, 10) == {"v1-r1": 90, "v2-r2": 10}
    assert blend(state, new, 100) == {"v2-r2": 100}


@pytest.mark.parametrize("share", range(1, 100))
def test_weights_of_two_split_releases_are_integers_that_sum_to_a_hundred(share: int) -> None:
    live = release(1, {"v1-r1": 67, "v2-r1": 33})
    new = release(2, {"v3-r2": 67, "v4-r2": 33}, "rolling")
    weights = blend(EndpointState({1: live, 2: new}, live=1), new, share)
    assert sum(weights.values()) == 100
    assert sum(weight for variant, weight in weights.items() if variant.endswith("-r2")) == share


def test_a_first_release_takes_all_traffic_in_one_step() -> None:
    assert rollout_steps(release(1, {"v1-r1": 100}, replaces=None)) == ["deploy", "traffic-100"]


def test_a_canary_goes_through_its_steps_in_order() -> None:
    steps = rollout_steps(release(2, {"v2-r2": 100}))
    assert steps == ["deploy", "traffic-10", "traffic-50", "traffic-100"]


@pytest.mark.parametrize(("errors", "requests"), [(1, 1), (2, 40), (5, 100), (0, 10), (99, 100), (3, 3)])
def test_the_wilson_bound_is_that_of_scipy(errors: int, requests: int) -> None:
    expected = binomtest(errors, requests).proportion_ci(confidence_level=0.95, method="wilson").low
    assert wilson_low(errors, requests) == pytest.approx(expected, abs=1e-12)


def test_one_failed_request_is_no_verdict() -> None:
    assert not errors_exceed(Measure(requests=1, errors=1), 0.01)


def test_a_failure_on_five_percent_of_inputs_is_seen_within_a_hundred_requests() -> None:
    assert errors_exceed(Measure(requests=100, errors=5), 0.01)


def test_one_error_in_a_thousand_is_within_a_limit_of_a_hundredth() -> None:
    condition = {"metric": "error_rate", "operator": ">", "value": 0.01, "relative": False}
    assert broken_condition([condition], Measure(1000, 1, 5.0, 9.0), Measure(), 100) == ""


def test_a_latency_is_compared_with_the_stable_version_only_after_enough_requests() -> None:
    condition = {"metric": "p99_ms", "operator": ">", "value": 3, "relative": True}
    stable = Measure(1000, 0, 5.0, 10.0)
    assert broken_condition([condition], Measure(50, 0, 20.0, 31.0), stable, 100) == ""
    assert "p99_ms 31.0 > 30.0" in broken_condition([condition], Measure(100, 0, 20.0, 31.0), stable, 100)
    assert broken_condition([condition], Measure(100, 0, 20.0, 29.0), stable, 100) == ""
