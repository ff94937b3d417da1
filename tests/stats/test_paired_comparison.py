"""Comparisons resample what they say, cover what they promise, and never pass on too little."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score, mean_squared_error, roc_auc_score

from modelwright.errors import DataError, UsageError
from modelwright.stats import ranking
from modelwright.stats.compare import compare, estimate
from modelwright.stats.metrics import METRICS, metric
from modelwright.stats.outcome import outcome
from modelwright.stats.resampling import number_blocks

Floats = NDArray[np.float64]


def planted(seed: int, blocks: int, size: int, effect: float = 0.0) -> tuple[Floats, Floats, Floats, Floats]:
    """Return truth, two models' scores and blocks; rows of a block share a disturbance."""
    generator = np.random.default_rng(seed)
    days = np.repeat(np.arange(blocks), size)
    mood = generator.normal(0, 0.5, blocks)[days]
    truth = (generator.random(len(days)) < 0.4).astype(float)
    a = truth * (0.8 + effect) + mood + generator.normal(size=len(days))
    b = truth * 0.8 + mood + generator.normal(size=len(days))
    return truth, a, b, days.astype(float)


def repeated(codes: NDArray[np.intp], multiplicities: Floats) -> NDArray[np.intp]:
    return np.repeat(np.arange(len(codes)), multiplicities[codes].astype(int))


@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("auc", roc_auc_score),
        ("average_precision", average_precision_score),
        ("f1", f1_score),
        ("macro_f1", lambda truth, label: f1_score(truth, label, average="macro")),
        ("rmse", lambda truth, value: mean_squared_error(truth, value) ** 0.5),
    ],
)
@pytest.mark.parametrize("most_blocks", [0, 400])
def test_a_resample_equals_scikit_learn_on_the_repeated_rows(
    name: str, oracle: object, most_blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "_MOST_BLOCKS", most_blocks)  # both ways of computing AUC
    assert callable(oracle)
    truth, score, _, days = planted(0, 12, 25)
    prediction = (score > 0.5) * 1.0 if metric(name).input == "label" else score.round(1)
    blocks = number_blocks(days.astype(int))
    multiplicities = np.concatenate(list(blocks.draws(40, seed=3)))
    rows = outcome(metric(name), truth, prediction)
    found = metric(name).prepare(rows.truth, rows.predictions[0]).resampled(blocks.codes, blocks.number, multiplicities)
    for value, counts in zip(found, multiplicities, strict=True):
        taken = repeated(blocks.codes, counts)
        assert value == pytest.approx(oracle(truth[taken], prediction[taken]), rel=1e-9)


def test_the_interval_covers_the_known_difference_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(120):
        truth, a, b, days = planted(seed, 25, 40)
        found = compare("auc", truth, a, b, days, confidence=0.9, resamples=300, seed=seed)
        assert found.interval is not None
        covered += found.interval[0] <= 0 <= found.interval[1]  # both models are equally good by construction
    assert 0.82 <= covered / 120 <= 0.97


def test_equally_good_models_rarely_pass_and_better_ones_mostly() -> None:
    def passes(effect: float) -> float:
        results = [compare("auc", *planted(seed, 20, 100, effect), resamples=200, seed=seed) for seed in range(60)]
        return sum(result.passed for result in results) / 60

    assert passes(0.0) <= 0.12
    assert passes(0.4) >= 0.9


def test_blocks_widen_the_interval_where_their_rows_resemble_one_another() -> None:
    generator = np.random.default_rng(0)
    days = np.repeat(np.arange(40), 50)
    truth = generator.normal(size=2000)
    value = truth + generator.normal(0, 1, 40)[days]
    by_day, by_row = estimate("rmse", truth, value, days), estimate("rmse", truth, value)
    assert by_day.interval is not None
    assert by_row.interval is not None
    assert by_day.interval[1] - by_day.interval[0] > 2 * (by_row.interval[1] - by_row.interval[0])


def test_the_interval_of_a_mean_equals_theory() -> None:
    generator = np.random.default_rng(1)
    error = generator.exponential(size=4000)
    found = estimate("mae", np.zeros(4000), error, resamples=4000)
    assert found.interval is not None
    half = 1.959964 * error.std() / np.sqrt(4000)
    assert found.interval[0] == pytest.approx(error.mean() - half, abs=0.05 * half)
    assert found.interval[1] == pytest.approx(error.mean() + half, abs=0.05 * half)


def test_the_difference_is_an_improvement_in_either_direction() -> None:
    truth = np.linspace(0, 10, 200)
    days = np.arange(200) // 10
    better = compare("rmse", truth, truth + 0.1 * np.sin(days), truth + np.cos(days), days)
    assert better.difference is not None
    assert better.difference > 0
    assert better.passed
    assert not compare("rmse", truth, truth + np.cos(days), truth + 0.1 * np.sin(days), days).passed


def test_the_same_predictions_never_pass() -> None:
    truth, a, _, days = planted(0, 20, 30)
    found = compare("auc", truth, a, a, days)
    assert (found.difference, found.interval, found.probability, found.passed) == (0.0, (0.0, 0.0), 0.0, False)


def test_by_asks_for_more_than_being_better() -> None:
    truth, a, b, days = planted(4, 30, 200, effect=0.5)
    loose, strict = compare("auc", truth, a, b, days), compare("auc", truth, a, b, days, by=0.3)
    assert loose.passed
    assert not strict.passed
    assert strict.probability == 0


def test_the_same_seed_gives_the_same_answer() -> None:
    truth, a, b, days = planted(5, 10, 30)
    assert compare("auc", truth, a, b, days, seed=7) == compare("auc", truth, a, b, days, seed=7)
    assert compare("auc", truth, a, b, days, seed=7) != compare("auc", truth, a, b, days, seed=8)


def test_too_few_blocks_never_pass_and_say_so() -> None:
    truth, a, b, days = planted(0, 4, 200, effect=2.0)
    found = compare("auc", truth, a, b, days)
    assert (found.passed, found.interval, found.blocks) == (False, None, 4)
    assert "4 blocks are too few" in found.reason
    assert found.difference is not None
    assert estimate("auc", truth, a, days).interval is None


@pytest.mark.parametrize("name", list(METRICS))
def test_no_rows_are_insufficient(name: str) -> None:
    found = compare(name, [], [], [], [])
    assert (found.passed, found.difference, found.reason) == (False, None, "no rows")


def test_one_class_is_insufficient_overall_and_in_most_resamples() -> None:
    assert compare("auc", np.ones(50), np.arange(50), np.arange(50)).reason == "only one class occurs"
    truth = np.zeros(6)
    truth[0] = 1  # the positive row's block is missing in a third of the resamples
    assert compare("auc", truth, np.arange(6), np.arange(6), np.arange(6)).interval is not None


def test_labels_and_blocks_of_any_type_can_be_compared() -> None:
    days = np.array([f"2013-03-{1 + row // 10:02}" for row in range(200)], dtype=object)
    truth = np.array(["x", "y"] * 100, dtype=object)
    found = compare("accuracy", truth, truth, np.roll(truth, 1), days)
    assert (found.a, found.b, found.passed, found.blocks) == (1.0, 0.0, True, 20)


def test_wrong_calls_say_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="confidence"):
        compare("auc", [1], [1], [1], confidence=95)
    with pytest.raises(UsageError, match="resamples"):
        compare("auc", [1], [1], [1], resamples=5)
    with pytest.raises(DataError, match="one block per row"):
        compare("auc", [1, 0], [1, 0], [1, 0], [1])


def test_a_thousand_resamples_of_twenty_thousand_rows_take_seconds() -> None:
    truth, a, b, _ = planted(0, 20_000, 1)
    started = time.process_time()
    compare("auc", truth, a, b)  # every row a block: the expensive way
    assert time.process_time() - started < 6  # measured: 0.8 s
