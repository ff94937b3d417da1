"""Each planted fault is found, alone and by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from modelwright.stats.profile import profile_columns
from modelwright.stats.quality import Finding, Limits, check_quality, duplicates

REFERENCE = profile_columns(
    {
        "distance": np.arange(100.0),
        "carrier": np.array(["AA", "UA"] * 50, dtype=object),
        "cancelled": np.array([True, False] * 50),
    }
)
GOOD: dict[str, Any] = {
    "distance": [1.0, 50.0, 99.0, 3.0],
    "carrier": ["AA", "UA", "UA", "AA"],
    "cancelled": [True, False, False, True],
}


def findings(limits: Limits, **changed: Any) -> dict[tuple[str, str], Finding]:
    found = check_quality(REFERENCE, REFERENCE.count({**GOOD, **changed}), limits)
    return {(finding.check, finding.column): finding for finding in found}


ALL = Limits(nulls=0.25, out_of_range=0.0, new_categories=0.0, constant=True, rows=3)


def test_good_rows_violate_nothing() -> None:
    assert {finding.status for finding in findings(ALL).values()} == {"ok"}


@pytest.mark.parametrize(
    ("check", "column", "values", "share"),
    [
        ("nulls", "distance", [None, float("nan"), 1.0, 2.0], 0.5),
        ("nulls", "carrier", [None, None, "AA", "UA"], 0.5),
        ("mismatched", "distance", ["far", 1.0, 2.0, 3.0], 0.25),
        ("mismatched", "cancelled", ["maybe", True, False, True], 0.25),
        ("out_of_range", "distance", [-0.001, 99.001, 5.0, 6.0], 0.5),
        ("new_categories", "carrier", ["AA", "XX", "YY", "UA"], 0.5),
        ("constant", "distance", [7.0, 7.0, 7.0, 7.0], 1.0),
        ("constant", "carrier", ["AA", "AA", "AA", "AA"], 1.0),
    ],
)
def test_each_planted_fault_is_found_alone(check: str, column: str, values: list[object], share: float) -> None:
    found = findings(ALL, **{column: values})
    assert [key for key, finding in found.items() if finding.status == "violated"] == [(check, column)]
    assert found[check, column].value == share


def test_new_categories_are_named() -> None:
    assert "'XX', 'YY'" in findings(ALL, carrier=["AA", "YY", "XX", "UA"])["new_categories", "carrier"].message


def test_a_share_at_its_limit_is_still_ok() -> None:
    assert findings(ALL, distance=[None, 1.0, 2.0, 3.0])["nulls", "distance"].status == "ok"


def test_a_missing_column_is_all_null() -> None:
    current = REFERENCE.count({"carrier": GOOD["carrier"], "cancelled": GOOD["cancelled"]})
    found = {
        finding.column: finding for finding in check_quality(REFERENCE, current, Limits(nulls=0.1, mismatched=None))
    }
    assert (found["distance"].status, found["distance"].value) == ("violated", 1.0)


def test_no_rows_are_too_few_rows_and_insufficient_for_the_rest() -> None:
    found = findings(ALL, distance=[], carrier=[], cancelled=[])
    assert found.pop(("rows", "")).status == "violated"
    assert {finding.status for finding in found.values()} == {"insufficient"}


def test_checks_without_a_limit_are_left_out() -> None:
    assert {check for check, _ in findings(Limits(mismatched=None, nulls=0.1))} == {"nulls"}


def test_a_column_that_always_was_constant_may_stay_so() -> None:
    reference = profile_columns({"x": np.ones(9)})
    assert check_quality(reference, reference.count({"x": np.ones(5)}), Limits(constant=True, mismatched=None)) == ()


def test_a_reference_with_too_many_categories_cannot_tell_new_ones() -> None:
    reference = profile_columns({"x": np.array([f"id{number}" for number in range(2000)], dtype=object)})
    (found,) = check_quality(reference, reference.count({"x": ["new"]}), Limits(new_categories=0.0, mismatched=None))
    assert (found.status, found.message) == ("insufficient", "the reference has more than 1000 categories")


def test_repeated_keys_are_counted_and_null_keys_left_out() -> None:
    found = duplicates({"flight": [1, 1, 2, 1, None], "day": ["a", "a", "a", "b", "a"]})
    assert (found.status, found.value, found.message) == ("violated", 0.25, "1 of 4 keys occurred before")
    assert duplicates({"flight": [1, 2]}).status == "ok"
    assert duplicates({"flight": [[1], [1]]}).value == 0.5
    assert duplicates({"flight": [None]}).status == "insufficient"
