from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.errors import UsageError
from modelwright.workload.monitor.windows import Tiling, closed_between

DAY = 86_400.0
NEW_YORK = "America/New_York"


def at(*parts: int, zone: str = "UTC") -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[misc,arg-type]  # year to minute


def test_a_week_starts_on_monday_at_local_midnight() -> None:
    window = Tiling(7 * DAY, NEW_YORK).containing(at(2013, 3, 7, 12))
    assert (window.start, window.end) == (at(2013, 3, 4, zone=NEW_YORK), at(2013, 3, 11, zone=NEW_YORK))
    # The clocks went forward on 10 March 2013.
    assert window.end - window.start == timedelta(days=7) - timedelta(hours=1)
    assert window.key == "20130304T050000Z"


def test_an_instant_on_the_border_belongs_to_the_later_window() -> None:
    tiling = Tiling(DAY)
    assert tiling.containing(at(2013, 3, 4)).start == at(2013, 3, 4)
    assert tiling.containing(at(2013, 3, 4) - timedelta(microseconds=1)).end == at(2013, 3, 4)


@pytest.mark.parametrize(("day", "hours"), [((2013, 3, 10), 23), ((2013, 11, 3), 25), ((2013, 6, 1), 24)])
def test_hours_of_a_day_are_hours_whatever_the_clocks_do(day: tuple[int, int, int], hours: int) -> None:
    start = at(*day, zone=NEW_YORK)
    windows = list(Tiling(3_600.0, NEW_YORK).between(start, start + timedelta(hours=hours)))
    assert [window.end - window.start for window in windows] == [timedelta(hours=1)] * hours


def test_what_is_left_of_a_day_joins_the_last_window_or_is_a_short_one() -> None:
    autumn, spring = at(2013, 11, 3, zone=NEW_YORK), at(2013, 3, 10, zone=NEW_YORK)
    lengths = [
        [
            (w.end - w.start) / timedelta(hours=1)
            for w in Tiling(6 * 3_600.0, NEW_YORK).between(day, day + timedelta(hours=h))
        ]
        for day, h in ((autumn, 25), (spring, 23))
    ]
    assert lengths == [[6, 6, 6, 7], [6, 6, 6, 5]]


@given(
    length=st.sampled_from([600.0, 3_600.0, 5 * 3_600.0, 7 * 3_600.0, DAY, 3 * DAY, 7 * DAY, 36 * 3_600.0]),
    zone=st.sampled_from(["UTC", NEW_YORK, "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"]),
    moment=st.datetimes(datetime(1999, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds the zone
)
def test_windows_tile_time(length: float, zone: str, moment: datetime) -> None:
    tiling = Tiling(length, zone)
    window = tiling.containing(moment)
    assert window.start <= moment < window.end
    assert tiling.containing(window.start) == window
    assert tiling.containing(window.end - timedelta(microseconds=1)) == window
    assert tiling.containing(window.end).start == window.end


def monitor(**changes: Any) -> dict[str, Any]:
    checks = [{"kind": "drift"}, {"kind": "performance", "metric": "auc", "labels_within": 3 * DAY}]
    return {"window": 7 * DAY, "timezone": "UTC", "checks": checks} | changes


def test_inputs_close_a_quarter_of_an_hour_after_the_end_and_labels_when_they_may_be_there() -> None:
    closings = closed_between(monitor(), at(2013, 3, 11), at(2013, 3, 20))
    assert closings == [at(2013, 3, 11, 0, 15), at(2013, 3, 14), at(2013, 3, 18, 0, 15)]


def test_a_closing_is_told_once() -> None:
    border = at(2013, 3, 14)
    assert closed_between(monitor(), at(2013, 3, 13), border) == [border]
    assert closed_between(monitor(), border, at(2013, 3, 15)) == []


def test_an_unknown_zone_and_an_empty_window_are_refused() -> None:
    with pytest.raises(UsageError, match="no time zone 'Mars/Olympus'"):
        Tiling(DAY, "Mars/Olympus")
    with pytest.raises(UsageError, match="window of 0"):
        Tiling(0)
