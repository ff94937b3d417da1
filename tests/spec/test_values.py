"""Durations, sizes, accelerators, weights, bounds and other values written as text."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright import Accelerator, Duration, Interval, Size
from modelwright.spec.counts import KOfN, MinMax
from modelwright.spec.reference import DataPath, ModelReference
from modelwright.spec.rollout import Condition
from modelwright.spec.traffic import Weights
from modelwright.spec.tuning import Choice, dimension


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 600), ("24h", 86400), ("7d", 604800), ("365d", 31536000), ("2w", 1209600), ("1h30m", 5400), ("500ms", 0.5),
     ("1.5h", 5400), ("0s", 0)],
)  # fmt: skip
def test_a_duration_is_seconds_and_keeps_its_spelling(text: str, seconds: float) -> None:
    duration = Duration.parse(text)
    assert (duration.seconds, str(duration), duration.document()) == (seconds, text, seconds)
    assert duration.timedelta == timedelta(seconds=seconds)


def test_two_spellings_of_a_span_are_equal_and_ordered() -> None:
    assert Duration.parse("24h") == Duration.parse("1d") == Duration.parse(timedelta(days=1))
    assert hash(Duration.parse("24h")) == hash(Duration.parse("1d"))
    assert Duration.parse("1h") < Duration.parse("61m")


@pytest.mark.parametrize(
    "value", ["10", "10 m", "m", "-1h", "1y", "", "\u0661h", 600, 1.5, True, None, "1e3s", "999999d", "1h\n"]
)
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no duration"):
        Duration.parse(value)


@pytest.mark.parametrize(
    ("text", "count"), [("64GiB", 64 * 2**30), ("500MB", 500_000_000), ("1.5TiB", 3 * 2**39), ("512B", 512)]
)
def test_a_size_is_bytes(text: str, count: int) -> None:
    assert Size.parse(text).bytes == count


@pytest.mark.parametrize("value", ["1G", "1Gi", "-1GB", "0GiB", "64 GiB", "", 64, True, "9999999TiB"])
def test_what_is_no_size_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is no size"):
        Size.parse(value)


def test_an_accelerator_is_written_with_or_without_its_count() -> None:
    assert Accelerator.read("H100:8") == Accelerator("H100", count=8)
    assert Accelerator.read("L4") == Accelerator("L4")
    for wrong in ("H100:0", "H100:", ":8", "H100:8:1", 8):
        with pytest.raises(ValueError, match="is no accelerator"):
            Accelerator.read(wrong)


@given(st.integers(0, 100))
def test_shares_that_sum_to_one_hundred_are_held(share: int) -> None:
    weights = Weights.parse({"a@champion": share, "a@challenger": 100 - share})
    assert weights.document() == {"a@champion": share, "a@challenger": 100 - share}


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"a:1": 90, "a:2": 9}, "sum to 99 and not to 100"),
        ({"a:1": 33.3, "a:2": 66.7}, "must be an integer"),
        ({"a:1": True, "a:2": 99}, "must be an integer"),
        ({"a:1": -10, "a:2": 110}, "from 0 to 100"),
        ({}, "sum to 0"),
        ({"a": 100}, "no model reference"),
        ("delay@", "no model reference"),
        ("delay:0", "no model reference"),
        ("delay", "no model reference"),
        ("Delay@champion", "no model reference"),
        (7, "no model reference"),
    ],
)
def test_other_shares_are_refused(value: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Weights.parse(value)


def test_a_model_reference_is_an_alias_or_a_number() -> None:
    assert ModelReference.parse("delay@champion") == ModelReference("delay", alias="champion")
    assert ModelReference.parse("delay:7") == ModelReference("delay", version=7)
    assert ModelReference.parse("delay:7").document() == "delay:7"


def test_bounds_are_a_pair_or_one_number() -> None:
    assert MinMax.parse((0, 4)) == (0, 4)
    assert MinMax.parse([1, 2]) == (1, 2)
    assert MinMax.parse(3) == (3, 3)


@pytest.mark.parametrize("value", [(4, 1), 0, (0, 0), (-1, 2), True, "3", (1, 2, 3), (1.0, 2), (True, 2), None, 10**9])
def test_impossible_bounds_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"minimum|bounds"):
        MinMax.parse(value)


def test_a_share_of_windows_is_two_numbers() -> None:
    assert KOfN.parse("3 of 5") == KOfN(k=3, n=5)
    for wrong in ("6 of 5", "0 of 5", "3/5", 3, "three of five"):
        with pytest.raises(ValueError, match="write 3 of 5"):
            KOfN.parse(wrong)


@pytest.mark.parametrize(
    ("text", "canary", "stable", "holds"),
    [
        ("error_rate > 0.01", 0.011, 0.0, True),
        ("error_rate > 0.01", 0.01, 0.0, False),
        ("error_rate >= 0.01", 0.01, 0.0, True),
        ("p99_ms > 3 * stable", 31.0, 10.0, True),
        ("p99_ms > 3 * stable", 30.0, 10.0, False),
        ("p50_ms>=stable", 10.0, 10.0, True),
    ],
)
def test_a_rollback_condition_compares_with_a_number_or_the_stable_release(
    text: str, canary: float, stable: float, *, holds: bool
) -> None:
    assert Condition.parse(text).holds(canary, stable) is holds


@pytest.mark.parametrize("text", ["errors > 1", "p99_ms < 3", "p99_ms > 3 *", "p99_ms > stable * 3", "p99_ms", "", 3])
def test_other_rollback_conditions_are_refused_with_what_is_allowed(text: object) -> None:
    with pytest.raises(ValueError, match="error_rate, p50_ms, p99_ms"):
        Condition.parse(text)


def test_a_tuple_is_an_interval_and_a_list_a_choice() -> None:
    assert dimension((1, 10)) == Interval(1, 10)
    assert dimension((1, 10)).document()["integer"] is True
    assert dimension((0.01, 0.3, "log")) == Interval(0.01, 0.3, log=True)
    assert dimension([1, 10]) == Choice((1, 10))


@pytest.mark.parametrize(
    "value", [(2, 1), (0, 1, "log"), (1, 2, "cubic"), [], [None], 3, "a", (1, float("inf")), (True, 2)]
)
def test_an_impossible_space_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"space|choices|minimum|scale"):
        dimension(value)


@pytest.mark.parametrize(
    "read", [Duration.parse, Size.parse, Weights.parse, MinMax.parse, KOfN.parse, Condition.parse, DataPath.parse]
)
@given(
    value=st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.integers()))
)
def test_no_value_makes_a_reader_fail_otherwise_than_by_saying_so(read: Callable[[Any], object], value: object) -> None:
    with suppress(ValueError):
        read(value)
