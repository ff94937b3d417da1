from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.report.axis import nice_step, number_axis, time_axis


@pytest.mark.parametrize(
    ("rough", "nice"), [(0.03, 0.05), (0.011, 0.02), (1.0, 1.0), (1.01, 2.0), (7.0, 10.0), (230, 500)]
)
def test_steps_are_one_two_or_five_times_a_power_of_ten(rough: float, nice: float) -> None:
    assert nice_step(rough) == pytest.approx(nice)


def test_a_value_stands_where_its_share_of_the_axis_says() -> None:
    axis = number_axis(0.6, 0.8, 230.0, 16.0)
    assert [tick.label for tick in axis.ticks] == ["0.60", "0.65", "0.70", "0.75", "0.80"]
    assert axis.position(0.6) == pytest.approx(230.0)
    assert axis.position(0.7) == pytest.approx(123.0)
    assert axis.position(0.8) == pytest.approx(16.0)


def test_values_outside_are_drawn_at_the_edge() -> None:
    axis = number_axis(0.0, 1.0, 0.0, 100.0)
    assert axis.position(-5.0) == 0.0
    assert axis.position(5.0) == 100.0


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_ticks_hold_the_data_and_are_few(low: float, span: float) -> None:
    axis = number_axis(low, low + span, 0.0, 1.0)
    assert axis.low <= low + abs(low) * 1e-9 + 1e-9
    assert axis.high >= low + span - abs(low) * 1e-6 - span * 1e-6 - 1e-9
    assert 2 <= len(axis.ticks) <= 9


@pytest.mark.parametrize("value", [0.0, 0.7, float("nan"), float("inf")])
def test_a_constant_or_missing_value_still_has_an_axis(value: float) -> None:
    axis = number_axis(value, value, 0.0, 1.0)
    assert axis.high > axis.low


@pytest.mark.parametrize(
    ("span", "labels"),
    [
        (timedelta(minutes=20), ["08:00", "08:05", "08:10", "08:15", "08:20"]),
        (timedelta(hours=6), ["08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00"]),
        (timedelta(days=6), ["2 Mar", "3 Mar", "4 Mar", "5 Mar", "6 Mar", "7 Mar"]),
        (timedelta(days=120), ["Apr 2013", "May", "Jun"]),
    ],
)
def test_times_are_labelled_by_their_span(span: timedelta, labels: list[str]) -> None:
    start = datetime(2013, 3, 1, 8, tzinfo=UTC)
    assert [tick.label for tick in time_axis(start, start + span, 0.0, 1.0).ticks] == labels


def test_weeks_begin_on_mondays() -> None:
    start = datetime(2013, 3, 1, tzinfo=UTC)
    ticks = time_axis(start, start + timedelta(days=50), 0.0, 1.0).ticks
    assert {datetime.fromtimestamp(tick.value, UTC).weekday() for tick in ticks} == {0}
    assert ticks[0].label == "4 Mar"


def test_a_moment_has_an_axis() -> None:
    now = datetime(2013, 3, 1, tzinfo=UTC)
    assert time_axis(now, now, 0.0, 1.0).high > time_axis(now, now, 0.0, 1.0).low
