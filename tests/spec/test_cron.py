from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelwright import Cron

NEW_YORK = "America/New_York"
"""In 2013 its clocks jumped from 02:00 to 03:00 on 10 March, and fell from 02:00 to 01:00 on 3 November."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def following(cron: str, start: str, count: int, timezone: str = "UTC") -> list[str]:
    schedule, moment, found = Cron.parse(cron), at(start), []
    for _ in range(count):
        moment = schedule.next_after(moment, timezone)
        found.append(moment.strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("cron", "start", "expected"),
    [
        ("0 * * * *", "2013-01-01 00:00", "2013-01-01 01:00"),
        ("0 * * * *", "2013-01-01 00:59:59", "2013-01-01 01:00"),
        ("*/15 9-10 * * *", "2013-01-01 09:50", "2013-01-01 10:00"),
        ("*/15 9-10 * * *", "2013-01-01 10:45", "2013-01-02 09:00"),
        ("5,7 0 * * *", "2013-01-01 00:05", "2013-01-01 00:07"),
        ("0 3 1 * *", "2013-01-31 00:00", "2013-02-01 03:00"),
        ("0 0 31 * *", "2013-01-31 00:00", "2013-03-31 00:00"),
        ("0 0 29 2 *", "2096-03-01 00:00", "2104-02-29 00:00"),
        ("0 9 * * mon-fri", "2013-09-06 10:00", "2013-09-09 09:00"),
        ("0 9 * * 0", "2013-09-02 10:00", "2013-09-08 09:00"),
        ("0 9 * * 7", "2013-09-02 10:00", "2013-09-08 09:00"),
        ("0 0 1 JAN *", "2013-02-01 00:00", "2014-01-01 00:00"),
        ("10/20 * * * *", "2013-02-01 00:11", "2013-02-01 00:30"),
    ],
)
def test_the_next_time_is_the_one_worked_out_by_hand(cron: str, start: str, expected: str) -> None:
    assert following(cron, start, 1) == [expected]


def test_either_restricted_day_field_matches() -> None:
    # September 2013: Fridays are 6, 13, 20, 27; the 13th and the 14th are asked for beside them.
    assert following("0 9 13,14 * fri", "2013-09-01 00:00", 5) == [
        "2013-09-06 09:00",
        "2013-09-13 09:00",
        "2013-09-14 09:00",
        "2013-09-20 09:00",
        "2013-09-27 09:00",
    ]


def test_a_time_that_the_clocks_skip_runs_an_hour_later_and_once() -> None:
    # 02:30 on 10 March does not exist; 03:30 EDT is 07:30 UTC. The day after, 02:30 EDT is 06:30 UTC.
    assert following("30 2 * * *", "2013-03-10 05:00", 2, NEW_YORK) == ["2013-03-10 07:30", "2013-03-11 06:30"]


def test_an_hourly_schedule_neither_stops_nor_doubles_where_the_clocks_jump() -> None:
    assert following("0 * * * *", "2013-03-10 05:30", 3, NEW_YORK) == [
        "2013-03-10 06:00",
        "2013-03-10 07:00",
        "2013-03-10 08:00",
    ]


def test_a_time_that_the_clocks_repeat_runs_once() -> None:
    # 01:30 EDT is 05:30 UTC; the second 01:30 (EST, 06:30 UTC) is left out. The day after, 01:30 EST is 06:30 UTC.
    assert following("30 1 * * *", "2013-11-03 04:00", 2, NEW_YORK) == ["2013-11-03 05:30", "2013-11-04 06:30"]


def test_an_hourly_schedule_runs_in_both_repeated_hours() -> None:
    assert following("30 * * * *", "2013-11-03 05:00", 3, NEW_YORK) == [
        "2013-11-03 05:30",
        "2013-11-03 06:30",
        "2013-11-03 07:30",
    ]


def test_a_jump_of_half_an_hour_moves_a_skipped_time_by_half_an_hour() -> None:
    # Lord Howe, 6 October 2013: 02:00 (+10:30) jumps to 02:30 (+11:00). 02:15 becomes 02:45, which is 15:45 UTC.
    assert following("15 2 * * *", "2013-10-05 12:00", 1, "Australia/Lord_Howe") == ["2013-10-05 15:45"]


def test_the_last_time_before_a_moment_may_be_the_moment() -> None:
    cron = Cron.parse("0 6 * * mon")
    assert cron.last_before(at("2013-09-09 06:00")) == at("2013-09-09 06:00")
    assert cron.last_before(at("2013-09-09 05:59")) == at("2013-09-02 06:00")


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    single = numbers.map(str)
    span = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(st.just("*"), single, span, st.integers(1, high).map("*/{}".format))


_DAYS = datetime(2013, 1, 1, tzinfo=UTC)
_MOMENTS = st.integers(0, 3 * 365 * 86400).map(lambda seconds: _DAYS + timedelta(seconds=seconds))


@settings(max_examples=60, deadline=None)
@given(minute=_field(0, 59), hour=_field(0, 23), weekday=_field(0, 6), moment=_MOMENTS)
def test_nothing_lies_between_a_moment_and_the_next_time(
    minute: str, hour: str, weekday: str, moment: datetime
) -> None:
    cron = Cron.parse(f"{minute} {hour} * * {weekday}")
    found = cron.next_after(moment)
    assert found > moment
    assert cron.last_before(found) == found
    assert cron.last_before(found - timedelta(microseconds=1)) <= moment


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0 * * *", "five fields"),
        ("@daily", "five fields"),
        ("60 * * * *", "'60' is no minute: 0 to 59"),
        ("0 25 * * *", "'25' is no hour"),
        ("0 0 0 * *", "'0' is no day of month"),
        ("0 0 * foo *", "'foo' is no month"),
        ("0 0 * * 8", "'8' is no day of week"),
        ("*/0 * * * *", "the step is 0"),
        ("0 9-5 * * *", "it runs backwards"),
        ("0 0 31 2 *", "never comes"),
        ("0 0 30 feb *", "never comes"),
        ("1,,2 * * * *", "is no minute"),
        ("-1 * * * *", "is no minute"),
    ],
)
def test_a_bad_schedule_names_the_field(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("*", r"\*")):
        Cron.parse(text)
