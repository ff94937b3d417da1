"""What served when, by the client's own log, and what the ledger says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.story.conftest import Lived
from tests.story.kept import ENDPOINT, at, versions_of
from tests.story.raw import seconds

pytestmark = pytest.mark.timeout(600)

FIRST, RETRAINED, FRAGILE = 1, 2, 3


def test_the_fragile_version_got_ten_percent_then_nothing(told: Lived) -> None:
    shares = [
        event["body"]["weights"].get(_variant(event, FRAGILE), 0)
        for event in told.kept.events(f"endpoint/{ENDPOINT}", "traffic.set")
        if event["body"]["release"] == 3 or FRAGILE in event["body"]["versions"].values()
    ]
    rolled_back = _rolled_back(told)
    after = next(e for e in told.kept.events(f"endpoint/{ENDPOINT}", "traffic.set") if e["seq"] > rolled_back["seq"])
    assert shares == [10]
    assert after["body"]["weights"] == {_variant(after, RETRAINED): 100}


def test_the_canary_aborted_on_the_errors_that_the_client_saw(told: Lived) -> None:
    rolled_back = _rolled_back(told)
    evidence = rolled_back["body"]["evidence"]
    since = seconds(evidence["since"])
    heard = [r for r in told.requests if r.version == FRAGILE and since <= r.at <= at(rolled_back)]
    assert evidence["requests"] == len(heard)
    assert evidence["errors"] == sum(request.failed for request in heard) > 0


def test_no_request_fails_after_the_detection(told: Lived) -> None:
    detected = at(_rolled_back(told))
    failed = [request for request in told.requests if request.failed]
    after = [request for request in told.requests if request.at > detected]
    assert failed
    assert all(request.at <= detected and request.version == FRAGILE for request in failed)
    assert len(after) >= 40
    assert {request.version for request in after if request.at < _ended(told)} == {RETRAINED}


def test_only_requests_with_the_broken_carrier_fail(told: Lived) -> None:
    for request in told.requests:
        if request.version == FRAGILE:
            assert request.failed == any(row["carrier"] == "9E" for row in request.rows)


def test_the_client_heard_only_from_versions_that_had_traffic(told: Lived) -> None:
    traffic = [
        (at(event), {event["body"]["versions"][name] for name, share in event["body"]["weights"].items() if share})
        for event in told.kept.events(f"endpoint/{ENDPOINT}", "traffic.set")
    ]
    for request in told.requests:
        before = [versions for moment, versions in traffic if moment < request.at]
        # Within one moment of the replay clock, requests come before what is decided in it, or after.
        allowed = before[-1].union(*(versions for moment, versions in traffic if moment == request.at))
        assert request.version in allowed


def test_the_retrained_version_took_over_step_by_step(told: Lived) -> None:
    shares = [
        event["body"]["weights"][_variant(event, RETRAINED)]
        for event in told.kept.events(f"endpoint/{ENDPOINT}", "traffic.set")
        if event["body"]["release"] == 2
    ]
    assert shares[:3] == [10, 50, 100]
    planned = next(e for e in told.kept.events(f"endpoint/{ENDPOINT}", "release.planned") if e["body"]["release"] == 2)
    assert not [r for r in told.requests if r.version == RETRAINED and r.at < at(planned)], "a shadow answers nobody"


def test_history_names_what_served_when(told: Lived) -> None:
    releases = _cli(told, "endpoint", "history", ENDPOINT)["releases"]
    assert [(r["release"], r["versions"], r["state"]) for r in releases] == [
        (1, [FIRST], "superseded"),
        (2, [RETRAINED], "rolled_back"),
        (3, [FRAGILE], "rolled_back"),
        (4, [FIRST], "live"),
    ]
    heard = {version: [r.at for r in told.requests if r.version == version] for version in (RETRAINED, FRAGILE)}
    for release in releases[1:3]:
        [version] = release["versions"]
        assert seconds(release["planned"]) <= min(heard[version])
        assert max(heard[version]) <= seconds(release["ended"])
    assert "error_rate" in releases[2]["outcome"]


def test_the_last_rollback_leaves_the_first_version_serving_as_champion(told: Lived) -> None:
    last = told.kept.events(f"endpoint/{ENDPOINT}", "traffic.set")[-1]
    assert last["body"]["weights"] == {_variant(last, FIRST): 100}
    _, champion = versions_of(told.kept.events("model/delay", "alias.set"), "champion")[-1]
    assert champion == FIRST


def test_there_is_exactly_one_champion_at_every_prefix(told: Lived) -> None:
    champion: int | None = None
    reigns = []
    for event in told.kept.events("model/delay", "alias.set"):
        if event["body"]["name"] == "champion":
            assert event["body"]["expected"] == champion, "it replaces the one that was there"
            assert event["body"]["version"] is not None, "and never leaves none"
            champion = event["body"]["version"]
            reigns.append(champion)
    assert reigns == [FIRST, RETRAINED, FRAGILE, RETRAINED, FIRST]


def test_the_ledger_is_whole(told: Lived) -> None:
    assert _cli(told, "ledger", "verify")["findings"] == []


def _rolled_back(told: Lived) -> dict[str, Any]:
    events = told.kept.events(f"endpoint/{ENDPOINT}", "rollback.started")
    return next(event for event in events if event["body"]["release"] == 3)


def _ended(told: Lived) -> int:
    events = told.kept.events(f"endpoint/{ENDPOINT}", "rollback.started")
    return at(events[-1])


def _variant(event: dict[str, Any], version: int) -> str:
    return next((name for name, number in event["body"]["versions"].items() if number == version), "")


def _cli(told: Lived, *arguments: str) -> dict[str, Any]:
    command = [str(Path(sys.executable).with_name("modelwright")), *arguments, "--json"]
    done = subprocess.run(command, cwd=told.folder, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)["result"]
    return found
