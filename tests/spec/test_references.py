from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from tests.spec.samples import FEATURES, LAKE

from modelwright import DataStore, Given, Metric, Secret, TrainingJob
from modelwright.errors import InvalidProjectError, UsageError
from modelwright.spec.reference import ModelReference

REFERENCES = [
    LAKE,
    LAKE / "flights",
    FEATURES["carrier"],
    ModelReference("delay", "champion"),
    Secret("key"),
    Given("a.b"),
]


FORMATTINGS = {
    "f-string": lambda reference: f"{reference}/x",
    "str": str,
    "percent": lambda reference: "%s" % reference,  # noqa: UP031  # people do write it so
    "format": "{}".format,
    "f-string with a width": lambda reference: f"{reference:>10}",
    "fspath": os.fspath,
}


@pytest.mark.parametrize("text", FORMATTINGS.values(), ids=FORMATTINGS)
@pytest.mark.parametrize("reference", REFERENCES, ids=repr)
def test_a_reference_cannot_become_text(reference: object, text: Callable[[object], str]) -> None:
    with pytest.raises(UsageError, match="has no value yet"):
        text(reference)


@pytest.mark.parametrize("reference", REFERENCES, ids=repr)
def test_a_reference_can_be_shown_to_a_person(reference: object) -> None:
    assert repr(reference)


def test_a_path_in_a_store_goes_on_and_cannot_leave_it() -> None:
    assert (LAKE / "features" / "carrier").document() == "lake/features/carrier"
    assert (LAKE / "a/b/").document() == "lake/a/b"
    for wrong in ("../x", "a/../b", "a//b", "", "/", "a b", "a\0"):
        with pytest.raises(ValueError, match="no path in a data store"):
            LAKE / wrong


def test_an_object_and_its_name_are_the_same_reference() -> None:
    by_object = TrainingJob("train", entrypoint="a.py:f", inputs={"x": LAKE / "x"}, features=[FEATURES["carrier"]])
    by_name = TrainingJob("train", entrypoint="a.py:f", inputs={"x": "lake/x"}, features=["features.carrier"])
    assert by_object == by_name


def test_a_missing_view_is_answered_with_the_nearest() -> None:
    with pytest.raises(InvalidProjectError, match="features has no view 'carier' \\(did you mean 'carrier'"):
        FEATURES["carier"]


def test_a_secret_is_only_a_name() -> None:
    assert repr(Secret("slack-hook")) == "Secret(name='slack-hook')"
    assert Secret("slack-hook").document() == {"$secret": "slack-hook"}
    with pytest.raises(InvalidProjectError, match="cannot be the name in a Secret"):
        Secret("a b")


def test_an_existing_store_is_not_owned() -> None:
    assert not DataStore.existing("archive", uri="s3://archive").owned
    assert DataStore("lake").owned


@pytest.mark.parametrize("compare", [lambda m: m > 1, lambda m: m < 1, lambda m: m == 1, bool])
def test_a_metric_is_only_compared_in_ways_that_make_gates(compare: Callable[[Metric], object]) -> None:
    with pytest.raises(UsageError, match="compare"):
        compare(Metric("auc"))
