"""Attributions approach the exact Shapley values, and their drift equals scikit-learn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score

from modelwright.errors import DataError, UsageError
from modelwright.stats.attribution import (
    attribution_drift,
    explain,
    importances,
    linear_shapley_values,
    shapley_values,
)

Floats = NDArray[np.float64]
ROWS = {name: np.random.default_rng(seed).normal(size=400) for seed, name in enumerate("abc")}
WEIGHTS = {"a": 3.0, "b": -1.0, "c": 0.0}


def linear(columns: Mapping[str, NDArray[Any]]) -> Floats:
    return np.asarray(sum(WEIGHTS[name] * columns[name] for name in WEIGHTS) + 5.0)


def interacting(columns: Mapping[str, NDArray[Any]]) -> Floats:
    return np.asarray(columns["a"] * columns["b"] + np.where(columns["c"] > 0, 1.0, -1.0))


def exact_values(row: dict[str, float], background: dict[str, Floats]) -> list[float]:
    """Return the Shapley values of `interacting` by their definition: all orders, all background rows."""
    names = list(row)

    def worth(known: set[str]) -> float:
        size = len(background["a"])
        mixed = {name: np.full(size, row[name]) if name in known else background[name] for name in names}
        return float(interacting(mixed).mean())

    totals = dict.fromkeys(names, 0.0)
    for order in itertools.permutations(names):
        for place, name in enumerate(order):
            totals[name] += worth(set(order[: place + 1])) - worth(set(order[:place]))
    return [total / math.factorial(len(names)) for total in totals.values()]


def test_sampled_values_approach_the_exact_ones() -> None:
    background = {name: values[:40] for name, values in ROWS.items()}
    rows = {name: values[40:70] for name, values in ROWS.items()}
    sampled = shapley_values(interacting, rows, background, permutations=400)
    exact = np.array([exact_values({name: float(v[row]) for name, v in rows.items()}, background) for row in range(30)])
    assert np.abs(sampled - exact).mean() < 0.06
    assert np.corrcoef(sampled.ravel(), exact.ravel())[0, 1] > 0.99


def test_linear_values_are_exact_and_sampling_agrees() -> None:
    closed = linear_shapley_values(WEIGHTS, ROWS)
    assert closed[:, 0] == pytest.approx(3.0 * (ROWS["a"] - ROWS["a"].mean()))
    sampled = importances(shapley_values(linear, ROWS, permutations=64), list(ROWS))
    assert sampled["c"] == 0
    assert sampled["a"] / sampled["b"] == pytest.approx(
        np.abs(closed[:, 0]).mean() / np.abs(closed[:, 1]).mean(), rel=0.05
    )


def test_the_values_of_a_row_add_up_to_its_prediction_above_the_background() -> None:
    alone = {name: values[:1] for name, values in ROWS.items()}
    values = shapley_values(interacting, ROWS, alone, permutations=2)
    assert values.sum(axis=1) == pytest.approx(interacting(ROWS) - interacting(alone)[0])


def test_columns_of_labels_can_be_explained() -> None:
    rows = {"carrier": np.array(["AA", "UA"] * 50, dtype=object), "noise": np.arange(100.0)}
    found = explain(lambda columns: (columns["carrier"] == "UA") * 1.0, rows)
    assert found["noise"] == 0
    assert found["carrier"] == pytest.approx(0.5, abs=0.05)


def test_the_same_seed_gives_the_same_importances() -> None:
    assert explain(interacting, ROWS, sample=50, seed=1) == explain(interacting, ROWS, sample=50, seed=1)


def test_no_rows_have_no_importances() -> None:
    empty = {name: values[:0] for name, values in ROWS.items()}
    assert explain(interacting, empty) == {"a": 0.0, "b": 0.0, "c": 0.0}
    found = attribution_drift({"a": 1.0}, {"a": 0.0})
    assert (found.value, found.status) == (None, "insufficient")


def test_drift_by_hand() -> None:
    before, after = {"a": 3.0, "b": 1.0}, {"b": 1.0, "a": 1.0}
    assert attribution_drift(before, after).value == pytest.approx(0.25)
    assert attribution_drift(before, before).value == 0
    assert attribution_drift({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0}).value == 1


def test_ndcg_equals_scikit_learn() -> None:
    for seed in range(200):
        generator = np.random.default_rng(seed)
        size = int(generator.integers(2, 9))
        gains, ranking = generator.exponential(size=(2, size)).round(int(generator.choice([0, 1, 6])))
        if not gains.any() or not ranking.any():
            continue
        names = [f"c{number}" for number in range(size)]
        before, after = (dict(zip(names, part.tolist(), strict=True)) for part in (gains, ranking))
        expected = 1 - ndcg_score([gains], [ranking])
        assert attribution_drift(before, after, "ndcg").value == pytest.approx(expected, abs=1e-12), seed


def test_wrong_calls_say_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="did you mean 'ndcg'"):
        attribution_drift({"a": 1.0}, {"a": 1.0}, "ndgc")
    with pytest.raises(DataError, match="different columns"):
        attribution_drift({"a": 1.0}, {"b": 1.0})
    with pytest.raises(DataError, match="different columns"):
        linear_shapley_values({"a": 1.0}, {"b": [1.0]})
    with pytest.raises(UsageError, match="permutation"):
        shapley_values(linear, ROWS, permutations=0)
