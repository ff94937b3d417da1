"""Intervals cover the truth and narrow with rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from modelwright.errors import UsageError
from modelwright.stats.drift import METHODS, drift
from modelwright.stats.intervals import drift_interval, proportion
from modelwright.stats.profile import profile_columns


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (3, 10), (0, 500), (499, 500), (250, 500)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_of_a_share_equals_scipy(count: int, total: int, confidence: float) -> None:
    expected = binomtest(count, total).proportion_ci(confidence, method="wilson")
    assert proportion(count, total, confidence=confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_share_of_nothing_has_no_interval() -> None:
    assert proportion(0, 0) is None
    with pytest.raises(UsageError):
        proportion(3, 2)


@pytest.mark.parametrize("method", METHODS)
def test_the_interval_of_a_drift_statistic_contains_it_and_narrows_with_rows(method: str) -> None:
    generator = np.random.default_rng(0)
    profile = profile_columns({"x": generator.normal(size=20_000)})
    widths = []
    for rows in (300, 30_000):
        current = profile.count({"x": generator.normal(0.5, 1, rows)})["x"]
        value, interval = drift(profile["x"], current, method).value, drift_interval(profile["x"], current, method)
        assert value is not None
        assert interval is not None
        assert interval[0] <= value <= interval[1]
        widths.append((interval[1] - interval[0]) / value)
    assert widths[1] < widths[0] / 4


def test_the_interval_covers_the_statistic_of_all_rows() -> None:
    generator = np.random.default_rng(1)
    profile = profile_columns({"x": generator.normal(size=50_000)})
    many = profile.count({"x": generator.normal(0.4, 1.1, 1_000_000)})["x"]
    for method in ("psi", "js", "ks", "wasserstein"):
        truth = drift(profile["x"], many, method).value
        assert truth is not None
        covered = 0
        for seed in range(60):
            current = profile.count({"x": np.random.default_rng(seed).normal(0.4, 1.1, 2000)})["x"]
            interval = drift_interval(profile["x"], current, method, resamples=200, seed=seed)
            assert interval is not None
            covered += interval[0] <= truth <= interval[1]
        assert covered >= 50, method


def test_an_insufficient_statistic_has_no_interval() -> None:
    profile = profile_columns({"x": np.ones(5)})
    assert drift_interval(profile["x"], profile.count({"x": np.empty(0)})["x"], "psi") is None
