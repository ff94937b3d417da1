from __future__ import annotations

import pytest

from modelwright.workload.race import Race, TrialPrunedError

RIVALS = [[0.5, 0.6], [0.6, 0.7], [0.7, 0.8], [0.8]]


def test_a_trial_below_the_median_of_its_rivals_at_that_step_is_pruned() -> None:
    race = Race("auc", maximize=True, rivals=RIVALS)
    with pytest.raises(TrialPrunedError, match=r"step 1: 0.64, the median there is 0.65"):
        race.report(0.64)


def test_what_counts_is_the_best_report_so_far_and_rivals_that_got_so_far() -> None:
    race = Race("auc", maximize=True, rivals=RIVALS)
    race.report(0.66)
    race.report(0.1)  # only three rivals reached the second step
    assert race.reports == [0.66, 0.1]


def test_less_is_better_when_minimising() -> None:
    race = Race("loss", maximize=False, rivals=RIVALS)
    race.report(0.5)
    with pytest.raises(TrialPrunedError):
        Race("loss", maximize=False, rivals=RIVALS).report(0.66)


def test_few_rivals_prune_nothing_and_nan_neither() -> None:
    Race("auc", rivals=RIVALS[:3]).report(0.0)
    Race("auc", rivals=RIVALS).report(float("nan"))


@pytest.mark.parametrize(
    ("maximize", "value", "lost"), [(True, 0.5, True), (True, 0.7, True), (True, 0.71, False), (False, 0.71, True)]
)
def test_a_race_is_lost_to_a_leader_at_least_as_good(maximize: bool, value: float, lost: bool) -> None:
    assert Race("auc", maximize=maximize, leader=0.7).is_lost({"auc": value}) is lost


def test_a_race_without_leader_objective_or_metric_is_not_lost() -> None:
    assert not Race("auc", leader=None).is_lost({"auc": 0.1})
    assert not Race(None, leader=0.9).is_lost({"auc": 0.1})
    assert not Race("auc", leader=0.9).is_lost({})
