"""Drift statistics agree with scipy and with a count row by row, and are never NaN."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance
from scipy.stats.contingency import association
from tests.stats.random_frames import Column, label_pairs, numeric_pairs

from modelwright.errors import UsageError
from modelwright.stats import exact
from modelwright.stats.drift import METHODS, DriftStatistic, drift, drift_columns
from modelwright.stats.profile import profile_columns


def statistic(reference: Column, current: Column, method: str) -> DriftStatistic:
    profile = profile_columns({"x": reference})
    return drift(profile["x"], profile.count({"x": current})["x"], method)


def numeric_counts(reference: Column, current: Column) -> tuple[list[int], list[int]]:
    """Count rows per decile bin and nulls, row by row, as the definition reads."""
    known = [value for value in reference.tolist() if not math.isnan(value)]
    if not known:
        return by_bin(reference, []), by_bin(current, [])
    edges = sorted(set(np.quantile(known, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]).tolist()))
    if len(set(known)) == 1:
        edges = [math.nextafter(known[0], -math.inf), known[0]]
    return by_bin(reference, edges), by_bin(current, edges)


def by_bin(column: Column, edges: list[float]) -> list[int]:
    counts = [0] * (len(edges) + 2)
    for value in column.tolist():
        counts[-1 if math.isnan(value) else sum(value > edge for edge in edges)] += 1
    return counts


def label_counts(reference: Column, current: Column) -> tuple[list[int], list[int]]:
    names = sorted({label for label in reference if label is not None})

    def count(column: Column) -> list[int]:
        listed = [sum(label == name for label in column) for name in names]
        nulls = sum(label is None for label in column)
        return [*listed, len(column) - sum(listed) - nulls, nulls]

    return count(reference), count(current)


def psi_of(first: list[int], second: list[int]) -> float:
    total = 0.0
    for p_count, q_count in zip(first, second, strict=True):
        p, q = max(p_count / sum(first), 1e-4), max(q_count / sum(second), 1e-4)
        total += (p - q) * math.log(p / q)
    return total


def check_against_counts(name: str, first: list[int], second: list[int], found: dict[str, float | None]) -> None:
    table = np.array([first, second])
    table = table[:, table.sum(axis=0) > 0]
    shares = table / table.sum(axis=1, keepdims=True)
    assert found["psi"] == pytest.approx(psi_of(first, second), abs=1e-9), name
    assert found["js"] == pytest.approx(jensenshannon(shares[0], shares[1], base=2), abs=1e-7), name
    assert found["l_infinity"] == pytest.approx(np.abs(shares[0] - shares[1]).max(), abs=1e-12), name
    chi = chi2_contingency(table, correction=False).statistic
    assert found["chi_square"] == pytest.approx(chi, rel=1e-9, abs=1e-9), name
    if table.shape[1] > 1:
        assert found["cramers_v"] == pytest.approx(association(table, "cramer"), rel=1e-9, abs=1e-9), name


def test_binned_statistics_of_numbers_equal_scipy_and_a_count_row_by_row() -> None:
    for name, reference, current in numeric_pairs(250, nulls=True):
        first, second = numeric_counts(reference.astype(float), current.astype(float))
        found = {method: statistic(reference, current, method).value for method in METHODS}
        check_against_counts(name, first, second, found)


def test_binned_statistics_of_labels_equal_scipy_and_a_count_row_by_row() -> None:
    for name, reference, current in label_pairs(250):
        first, second = label_counts(reference, current)
        found = {method: statistic(reference, current, method).value for method in METHODS}
        check_against_counts(name, first, second, found)


def test_ks_and_wasserstein_lie_within_their_stated_error_of_scipy() -> None:
    for name, reference, current in numeric_pairs(250, nulls=False):
        ks = statistic(reference, current, "ks")
        assert ks.value == pytest.approx(ks_2samp(reference, current).statistic, abs=ks.error + 1e-12), name
        area = statistic(reference, current, "wasserstein")
        if area.value is None:
            assert reference.min() == reference.max(), name
            continue
        oracle = wasserstein_distance(reference, current) / (reference.std() or 1.0)
        assert area.value == pytest.approx(oracle, abs=area.error + 1e-9, rel=1e-9), name


def test_exact_statistics_equal_scipy() -> None:
    for name, reference, current in numeric_pairs(200, nulls=False):
        assert exact.ks(reference, current) == pytest.approx(ks_2samp(reference, current).statistic, abs=1e-12), name
        oracle = wasserstein_distance(reference, current)
        assert exact.wasserstein(reference, current, standardise=False) == pytest.approx(oracle, rel=1e-9), name


def test_errors_are_a_thousandth_for_ks_and_a_few_percent_for_wasserstein_on_large_smooth_columns() -> None:
    generator = np.random.default_rng(0)
    reference, current = generator.normal(size=50_000), generator.normal(0.2, 1.1, size=50_000)
    ks, area = statistic(reference, current, "ks"), statistic(reference, current, "wasserstein")
    assert ks.error <= 1.1e-3
    assert ks.value == pytest.approx(ks_2samp(reference, current).statistic, abs=1e-3)
    oracle = wasserstein_distance(reference, current) / reference.std()
    assert area.value == pytest.approx(oracle, rel=0.01)


def test_few_distinct_values_make_ks_and_wasserstein_exact() -> None:
    generator = np.random.default_rng(1)
    reference, current = generator.integers(0, 24, 9000), generator.integers(2, 24, 800)
    ks, area = statistic(reference, current, "ks"), statistic(reference, current, "wasserstein")
    assert ks.error == 0
    assert ks.value == pytest.approx(ks_2samp(reference, current).statistic, abs=1e-12)
    oracle = wasserstein_distance(reference, current) / reference.std()
    assert area.value == pytest.approx(oracle, rel=1e-9)


def test_a_planted_shift_gives_the_values_worked_out_by_hand() -> None:
    reference = np.arange(100) % 2  # half zeros, half ones
    current = np.array([1] * 80 + [0] * 20)
    by_hand = (0.5 - 0.2) * math.log(0.5 / 0.2) + (0.5 - 0.8) * math.log(0.5 / 0.8)
    assert statistic(reference, current, "psi").value == pytest.approx(by_hand, abs=1e-12)
    assert statistic(reference, current, "ks").value == pytest.approx(0.3)
    assert statistic(reference, current, "l_infinity").value == pytest.approx(0.3)
    assert statistic(reference, current, "wasserstein").value == pytest.approx(0.3 / 0.5)


def test_a_normal_shifted_by_one_deviation_has_the_psi_of_its_distribution() -> None:
    def phi(x: float) -> float:
        return (1 + math.erf(x / math.sqrt(2))) / 2

    generator = np.random.default_rng(2)
    reference, current = generator.normal(size=400_000), generator.normal(1, 1, size=400_000)
    edges = np.quantile(reference, np.arange(1, 10) / 10)
    shares = np.diff([0, *(phi(edge - 1) for edge in edges), 1])
    expected = float(((0.1 - shares) * np.log(0.1 / shares)).sum())
    assert statistic(reference, current, "psi").value == pytest.approx(expected, rel=0.01)


def test_the_same_rows_do_not_drift() -> None:
    for name, reference, _ in numeric_pairs(50, nulls=True):
        for method in METHODS:
            assert statistic(reference, reference, method).value in (None, pytest.approx(0, abs=1e-7)), (name, method)


def test_a_new_category_is_seen_and_named_among_the_bins() -> None:
    reference, current = np.array(["a", "b"] * 50, dtype=object), np.array(["a", "c"] * 50, dtype=object)
    found = statistic(reference, current, "psi")
    assert found.value == pytest.approx(2 * (0.5 - 1e-4) * math.log(0.5 / 1e-4))
    assert [(part.name, part.reference, part.current) for part in found.bins] == [
        ("a", 0.5, 0.5),
        ("b", 0.5, 0.0),
        ("other", 0.0, 0.5),
    ]


@pytest.mark.parametrize("moved", [2.0, 4.0])
def test_a_constant_that_moves_is_seen_in_either_direction(moved: float) -> None:
    found = statistic(np.full(50, 3.0), np.full(20, moved), "psi")
    assert found.value is not None
    assert found.value > 10
    assert statistic(np.full(50, 3.0), np.full(20, moved), "wasserstein").reason.startswith("the reference is constant")


@pytest.mark.parametrize("method", METHODS)
def test_no_rows_are_insufficient(method: str) -> None:
    for reference, current in ((np.empty(0), np.ones(3)), (np.ones(3), np.empty(0)), (np.empty(0), np.empty(0))):
        found = statistic(reference, current, method)
        assert (found.value, found.status) == (None, "insufficient")
        assert "no rows" in found.reason


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_ever_nan(method: str) -> None:
    columns: list[Column] = [
        np.full(5, np.nan),
        np.array([None] * 5, dtype=object),
        np.ones(1),
        np.array(["x"], dtype=object),
        np.array([True, False]),
        np.array(["NaT", "2013-01-01"], dtype="datetime64[s]"),
        np.array([np.inf, -np.inf, 1.0]),
        np.array([1e308, -1e308, 5e-324]),
        np.array([[1], [2]], dtype=object).ravel(),
        np.array([1, "x", None, 2.5], dtype=object),
    ]
    for reference in columns:
        for current in columns:
            found = statistic(reference, current, method)
            assert (found.value is None) == (found.status == "insufficient")
            assert found.value is None or math.isfinite(found.value)
            assert found.value is not None or found.reason


def test_all_null_windows_count_as_a_bin_of_psi_and_are_insufficient_for_ks() -> None:
    reference, current = np.arange(100.0), np.full(10, np.nan)
    psi = statistic(reference, current, "psi")
    assert psi.value == pytest.approx(10 * (0.1 - 1e-4) * math.log(0.1 / 1e-4) + (1 - 1e-4) * math.log(1e4))
    assert statistic(reference, current, "ks").reason == "the window has no values"


def test_ks_on_labels_says_that_it_needs_numbers() -> None:
    found = statistic(np.array(["a"], dtype=object), np.array(["a"], dtype=object), "ks")
    assert found.reason == "ks needs numbers; the column is categorical"


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'wasserstein'"):
        statistic(np.ones(2), np.ones(2), "waserstein")


def test_all_columns_are_compared_at_once() -> None:
    profile = profile_columns({"a": np.arange(10.0), "b": np.array(["x"] * 10)})
    found = drift_columns(profile, profile.count({"a": np.arange(10.0)}), "psi")
    assert found["a"].value == pytest.approx(0)
    assert found["b"].value is not None  # the rows lack the column: all null
    assert found["b"].value > 1
