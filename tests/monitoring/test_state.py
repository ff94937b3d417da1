from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.monitoring.sent import MONDAY, WEEK

from modelwright.store import DirectoryStore
from modelwright.workload.monitor.state import Result, counted, drift_share, latest_results, matches, violations


def result(week: int, status: Any, **changes: Any) -> Result:
    start = MONDAY + week * WEEK
    given: dict[str, Any] = {
        "monitor": "watch",
        "endpoint": "api",
        "window": (start, start + WEEK),
        "version": 1,
        "check_id": "auc",
        "check": {"kind": "performance", "metric": "auc", "minimum": 0.68},
        "status": status,
    }
    return Result(**given | changes)


def story(*statuses: str, **changes: Any) -> list[Result]:
    return [result(week, status, **changes) for week, status in enumerate(statuses)]


def test_windows_without_enough_to_say_are_skipped() -> None:
    results = story("violated", "insufficient", "ok", "error", "violated")
    assert counted(results[::-1], "auc", 1) == ["violated", "ok", "violated"]


def test_three_of_five_is_reached_by_the_third_violation() -> None:
    results = story("violated", "ok", "violated", "insufficient", "ok", "violated")
    assert violations(results, ["auc"], 3, 5, version=1) == ("auc",)
    assert violations(results[:-1], ["auc"], 3, 5, version=1) == ()


def test_only_the_last_n_count() -> None:
    results = story("violated", "violated", "violated", "ok", "ok", "ok")
    assert violations(results, ["auc"], 3, 5, version=1) == ()
    assert violations(results, ["auc"], 3, 6, version=1) == ("auc",)


def test_a_release_restarts_the_count() -> None:
    results = story("violated", "violated", "violated")
    assert violations(results, ["auc"], 2, 3, version=2) == ()
    since: datetime = MONDAY + 2 * WEEK + timedelta(days=1)
    assert counted(results, "auc", 1, since) == ["violated"]


def test_mirrored_traffic_does_not_count() -> None:
    assert counted(story("violated", variant="shadow"), "auc", 1) == []


def test_a_name_means_a_metric_a_kind_or_an_id() -> None:
    drift = result(0, "ok", check_id="drift-psi.distance", check={"kind": "drift", "column": "distance"})
    assert [matches(drift, name) for name in ("drift", "drift-psi", "drift-psi.distance", "distance", "auc")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert matches(result(0, "ok"), "auc")
    assert matches(result(0, "ok"), "performance")


def test_each_column_counts_for_itself() -> None:
    columns = [result(week, "violated", check_id=f"drift-psi.{week}", check={"kind": "drift"}) for week in range(3)]
    assert violations(columns, ["drift"], 2, 3, version=1) == ()
    assert violations(columns, ["drift"], 1, 3, version=1) == ("drift-psi.0", "drift-psi.1", "drift-psi.2")


def test_the_revision_at_closing_counts_and_the_newest_is_shown(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    for revision, status in enumerate(("ok", "violated", "insufficient")):
        each = result(0, status, revision=revision, value=0.1 * revision, interval=(0.0, 1.0), at=MONDAY)
        assert store.create(each.key, each.to_bytes())
    (found,) = latest_results(store, "watch")
    assert (found.status, found.revision) == ("ok", 0)
    assert found.revised == result(0, "insufficient", revision=2, value=0.2, interval=(0.0, 1.0), at=MONDAY)
    assert latest_results(store, "other") == ()


def test_only_the_newest_windows_are_read_if_asked(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    for each in story("ok", "violated", "ok"):
        store.create(each.key, each.to_bytes())
    assert [r.status for r in latest_results(store, "watch", last=2)] == ["violated", "ok"]


def test_shares_of_false_alarms_are_told_per_check() -> None:
    results = [
        result(0, "ok", check_id="drift-psi.a", detail={"false_alarms": 0.2}),
        result(1, "ok", check_id="drift-psi.a", detail={"false_alarms": 0.05}),
        result(1, "ok", check_id="drift-psi.b", detail={"false_alarms": None}),
    ]
    assert drift_share(results) == {"drift-psi.a": 0.05}
