from __future__ import annotations

from typing import get_args

from tests.spec.samples import everything

from modelwright.spec.checks import Check
from modelwright.spec.feature import FEATURES
from modelwright.spec.gates import Gate


def test_every_feature_that_is_relied_on_is_in_the_catalogue() -> None:
    assert sorted(everything().relies_on() - FEATURES.keys()) == []


def test_every_feature_in_the_catalogue_is_relied_on_by_some_spec() -> None:
    assert sorted(FEATURES.keys() - everything().relies_on()) == []


def test_every_gate_and_check_has_its_own_feature() -> None:
    assert {f"model_registry.gate.{gate.KIND}" for gate in get_args(get_args(Gate)[0])} <= FEATURES.keys()
    assert {f"monitor.check.{check.KIND}" for check in get_args(get_args(Check)[0])} <= FEATURES.keys()


def test_meanings_are_short_and_no_sentence() -> None:
    assert all(3 < len(meaning) < 60 and not meaning.endswith(".") for meaning in FEATURES.values())


def test_what_one_environment_overrides_counts_there_only() -> None:
    project = everything()
    assert "endpoint.scale_to_zero" in project.for_environment("dev").relies_on()
    assert "endpoint.scale_to_zero" not in project.for_environment("prod").relies_on()
