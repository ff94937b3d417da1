"""Metrics equal scikit-learn on random rows, and say why where they cannot be had."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as oracle

from modelwright.errors import DataError, UsageError
from modelwright.stats.metrics import METRICS, metric
from modelwright.stats.performance import measure, measure_all


def close(name: str, truth: Any, prediction: Any, expected: float) -> None:
    found = measure(name, truth, prediction)
    assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-12), (name, truth, prediction)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scores_equal_scikit_learn_with_ties_and_few_rows() -> None:
    for seed in range(250):
        generator = np.random.default_rng(seed)
        rows = int(generator.choice([1, 2, 5, 40, 700]))
        truth = generator.integers(0, 2, rows)
        score = np.clip(0.6 * generator.random(rows) + 0.3 * truth, 0, 1).round(int(generator.choice([0, 1, 2, 9])))
        close("log_loss", truth, score, oracle.log_loss(truth, score, labels=[0, 1]))
        close("brier", truth, score, float(((truth - score) ** 2).mean()))
        if 0 < truth.sum() < rows:
            close("auc", truth, score, oracle.roc_auc_score(truth, score))
            close("average_precision", truth, score, oracle.average_precision_score(truth, score))
            false, true, _ = oracle.roc_curve(truth, score)
            close("ks", truth, score, float(np.abs(true - false).max()))


def test_two_class_labels_equal_scikit_learn() -> None:
    for seed in range(200):
        generator = np.random.default_rng(seed)
        rows = int(generator.choice([1, 2, 5, 40, 700]))
        truth, labels = generator.integers(0, 2, (2, rows))
        close("accuracy", truth, labels, oracle.accuracy_score(truth, labels))
        if labels.sum():
            close("precision", truth, labels, oracle.precision_score(truth, labels))
        if truth.sum():
            close("recall", truth, labels, oracle.recall_score(truth, labels))
        if truth.sum() + labels.sum():
            close("f1", truth, labels, oracle.f1_score(truth, labels))


def test_many_class_labels_equal_scikit_learn() -> None:
    names = np.array(["red", "green", "blue", "grey"], dtype=object)
    for seed in range(200):
        generator = np.random.default_rng(seed)
        rows = int(generator.choice([1, 3, 50, 400]))
        truth, labels = names[generator.integers(0, 3, rows)], names[generator.integers(0, 4, rows)]
        close("accuracy", truth, labels, oracle.accuracy_score(truth, labels))
        close("macro_f1", truth, labels, oracle.f1_score(truth, labels, average="macro"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a predicted class without truth
            close("balanced_accuracy", truth, labels, oracle.balanced_accuracy_score(truth, labels))


def test_regression_equals_scikit_learn() -> None:
    for seed in range(200):
        generator = np.random.default_rng(seed)
        rows = int(generator.choice([2, 3, 50, 400]))
        truth = generator.normal(generator.choice([0, 1e6]), 5, rows)
        predicted = truth + generator.normal(size=rows)
        close("rmse", truth, predicted, oracle.mean_squared_error(truth, predicted) ** 0.5)
        close("mae", truth, predicted, oracle.mean_absolute_error(truth, predicted))
        close("mape", truth, predicted, oracle.mean_absolute_percentage_error(truth, predicted))
        found = measure("r2", truth, predicted).value
        assert found == pytest.approx(oracle.r2_score(truth, predicted), rel=1e-6)


@pytest.mark.parametrize("name", list(METRICS))
def test_no_rows_are_insufficient(name: str) -> None:
    found = measure(name, np.empty(0), np.empty(0))
    assert (found.value, found.status, found.reason) == (None, "insufficient", "no rows")


@pytest.mark.parametrize(
    ("name", "truth", "prediction", "reason"),
    [
        ("auc", [1, 1], [0.2, 0.9], "only one class occurs"),
        ("auc", [1], [0.2], "only one class occurs"),
        ("average_precision", [0, 0], [0.2, 0.9], "only one class occurs"),
        ("ks", [0, 0], [0.2, 0.9], "only one class occurs"),
        ("precision", [1, 0], [0, 0], "no row was labelled positive"),
        ("recall", [0, 0], [1, 0], "no row is positive"),
        ("f1", [0, 0], [0, 0], "no row is positive or was labelled so"),
        ("r2", [3.0, 3.0], [1.0, 2.0], "the truth is constant"),
        ("r2", [3.1], [1.0], "the truth is constant"),
    ],
)
def test_what_cannot_be_divided_is_insufficient(name: str, truth: Any, prediction: Any, reason: str) -> None:
    found = measure(name, truth, prediction)
    assert (found.value, found.reason) == (None, reason)


def test_rows_without_truth_or_prediction_are_left_out_and_counted() -> None:
    found = measure("auc", [1, 0, None, 1, 0], [0.9, 0.1, 0.5, None, float("nan")])
    assert (found.value, found.rows, found.dropped) == (1.0, 2, 3)


@pytest.mark.parametrize(
    ("truth", "labels"),
    [([True, False, True], [1, 0, 0]), (["1", "0", "1"], [1.0, 0.0, 0.0]), ([1, 0, 1], ["true", "false", "false"])],
)
def test_labels_are_equal_however_they_are_spelled(truth: Any, labels: Any) -> None:
    assert measure("accuracy", truth, labels).value == pytest.approx(2 / 3)
    assert measure("recall", truth, labels).value == pytest.approx(1 / 2)


def test_the_positive_class_can_be_named() -> None:
    truth = np.array(["late", "ok", "late", None], dtype=object)
    assert measure("auc", truth, [0.9, 0.1, 0.8, 0.7], positive="late").value == 1.0
    assert measure("auc", truth, [0.9, 0.1, 0.8, 0.7], positive="ok").value == 0.0
    assert measure("precision", truth, truth, positive="late").value == 1.0
    assert measure("recall", [True, False], [True, True], positive=1).value == 1.0
    assert measure("precision", [True, False], [1, 1], positive=0).reason == "no row was labelled positive"
    with pytest.raises(DataError, match="name the positive class"):
        measure("auc", truth, [0.9, 0.1, 0.8, 0.7])
    with pytest.raises(DataError, match="not 0 and 1"):
        measure("auc", [1, 2], [0.1, 0.2])


def test_values_that_a_metric_cannot_use_are_refused() -> None:
    with pytest.raises(DataError, match=r"outside of \[0, 1\]"):
        measure("log_loss", [1, 0], [1.5, 0.2])
    with pytest.raises(DataError, match="no numbers"):
        measure("rmse", [1.0], ["x"])
    with pytest.raises(DataError, match="2 rows"):
        measure("auc", [1, 0], [0.5])


def test_labels_without_a_hash_are_labels_too() -> None:
    assert measure("accuracy", [[1], [2], None], [[1], [3], [4]]).value == 0.5


def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'auc'"):
        metric("acu")


def test_each_metric_says_which_way_is_better() -> None:
    truth: NDArray[Any] = np.array([0, 1, 0, 1, 1, 0])
    good = {"score": np.array([0.1, 0.9, 0.2, 0.8, 0.7, 0.3]), "label": truth, "value": truth + 0.01}
    bad = {"score": 1 - good["score"], "label": 1 - truth, "value": truth[::-1] * 3.0}
    first, second = measure_all(METRICS, truth, good), measure_all(METRICS, truth, bad)
    for name, entry in METRICS.items():
        a, b = first[name].value, second[name].value
        assert a is not None
        assert b is not None
        if name != "ks":  # a separation has no sign
            assert entry.improvement(a, b) > 0, name
