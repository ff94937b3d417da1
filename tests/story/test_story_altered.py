"""The story of a year that was another: nothing is decided that the measurements do not call for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.story.altered import march_again, two_weeks_earlier, write_altered
from tests.story.conftest import Live
from tests.story.kept import at, window_of
from tests.story.oracle import LABELS_WITHIN, MIN_ROWS, WEEK
from tests.story.raw import DAY, instant

pytestmark = pytest.mark.timeout(600)

CHANCE = 0.002
"""How near to the threshold an AUC may come before another machine's arithmetic could turn it."""
RETRAINED = instant(2013, 4, 18)
"""When the year as it was calls for retraining: `test_story_decided` derives it."""


def test_nothing_retrains_while_the_relation_of_march_lasts(live: Live, tmp_path: Path) -> None:
    data = write_altered(tmp_path / "data", march_again)
    lived = live(data, step="decide", singles=0, last_day="2013-05-02T05:00:00+00:00")
    weeks = [result for result in lived.kept.results("auc", first=True) if result["rows"] >= MIN_ROWS]
    assert window_of(weeks[-1])[0] == instant(2013, 4, 22), "the whole of April was measured"
    assert len(weeks) == 8
    assert all(abs(result["value"] - result["check"]["minimum"]) > CHANCE for result in weeks)
    assert not lived.kept.events("training/train-delay", "retrain.decided", "retrain.declined")
    assert {request.version for request in lived.requests} == {1}


def test_retraining_comes_two_weeks_earlier_where_the_drift_does(live: Live, tmp_path: Path) -> None:
    data = write_altered(tmp_path / "data", two_weeks_earlier)
    lived = live(data, step="decide", singles=0, last_day="2013-04-05T05:00:00+00:00")
    [decided] = lived.kept.events("training/train-delay", "retrain.decided")
    assert RETRAINED - 2 * WEEK <= at(decided) < RETRAINED - 2 * WEEK + DAY
    counted = [r for r in lived.kept.results("auc", first=True) if r["status"] in {"ok", "violated"}]
    assert [r["status"] for r in counted[:4]] == ["violated", "ok", "violated", "violated"]
    assert all(abs(result["value"] - result["check"]["minimum"]) > CHANCE for result in counted)


def test_without_labels_windows_are_insufficient_and_nothing_happens(live: Live) -> None:
    lived = live(step="decide", singles=0, labels=False, last_day="2013-04-19T05:00:00+00:00")
    weeks = lived.kept.results("auc")
    assert window_of(weeks[-1])[1] + LABELS_WITHIN == RETRAINED
    assert {result["status"] for result in weeks} == {"insufficient"}
    assert all(result["value"] is None and result["matched"] == 0 for result in weeks)
    alarms = lived.kept.events("monitor/delay-watch", "monitor.violated")
    assert not [event for event in alarms if "auc" in event["body"]["checks"]]
    assert not lived.kept.events("training/train-delay", "retrain.decided", "retrain.declined")
    assert not list(lived.kept.control.glob("truth/**/*.gz"))
