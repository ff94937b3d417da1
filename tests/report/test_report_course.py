"""Measures over time: even bins where there were requests, however long ago and however briefly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from modelwright.contract.driver import Measure
from modelwright.report.course import BINS, course

START = datetime(2013, 3, 1, 5, tzinfo=UTC)


class Minutes:
    """Requests at known minutes, as a driver would count them."""

    def __init__(self, *moments: datetime) -> None:
        self.moments = moments
        self.asked = 0

    def read(self, since: datetime, until: datetime) -> Mapping[str, Measure]:
        self.asked += 1
        found = sum(since <= moment < until for moment in self.moments)
        return {"v1-r1": Measure(found, 0, 1.0, 2.0)} if found else {}


@pytest.mark.parametrize("years", [0.0, 0.1, 1.0, 13.0])
@pytest.mark.parametrize("days", [0.01, 1.0, 40.0, 200.0])
def test_every_request_is_in_one_bin_and_the_bins_are_as_fine_as_they_may_be(years: float, days: float) -> None:
    gap = timedelta(days=days) / 200
    minutes = Minutes(*(START + n * gap for n in range(200)))
    bins = course(minutes.read, START - timedelta(days=years), START + timedelta(days=days + 365 * years))
    assert sum(one.requests for one in bins) == 200
    assert all(earlier.end == later.start for earlier, later in pairwise(bins))
    assert len({one.end - one.start for one in bins}) == 1
    assert bins[0].requests
    assert bins[-1].requests
    assert len(bins) >= min(BINS / 4, days * 1440)
    assert minutes.asked <= 6 * (BINS + 2)


def test_without_requests_there_are_no_bins() -> None:
    assert course(Minutes().read, START, START + timedelta(days=400)) == ()
    assert course(Minutes(START).read, START, START) == ()
