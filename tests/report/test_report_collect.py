"""The story of an applied project whose ledger and results were planted with known numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelwright.client.client import Client
from modelwright.client.connect import connect
from modelwright.clock import ReplayClock
from modelwright.errors import UsageError
from modelwright.report.collect import collect_story
from modelwright.report.series import StoryData
from modelwright.report.story import render_story
from modelwright.workload.monitor.result import Result, Status

PROJECT = """
from modelwright import DataStore, Drift, Endpoint, Model, ModelRegistry, Monitor, Performance, Project, TrainingJob

lake = DataStore("lake")
train = TrainingJob("train-delay", entrypoint="training.py:train")
models = ModelRegistry("models", models=[Model("delay", training=train)])
api = Endpoint("delay-api", serves="delay@champion", capture=1.0, keys=["id"])
other = Endpoint("other-api", serves="delay@champion")
watch = Monitor("delay-watch", endpoint=api, window="7d",
                checks=[Drift(columns=["temp"]), Performance("auc", minimum=0.66, labels_within="3d")])
project = Project("flights", [lake, train, models, api, other, watch])
"""
START = datetime(2013, 3, 4, tzinfo=UTC)
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    (tmp_path / "project.py").write_text(PROJECT)
    (tmp_path / "training.py").write_text("def train(context): ...\n")
    made = connect(tmp_path / "project.py", clock=ReplayClock(tmp_path / "clock", START))
    made.up()
    yield made
    made.destroy(allow_data_loss=["foundation", "lake"])


@pytest.fixture
def data(client: Client) -> StoryData:
    plant_ledger(client)
    plant_results(client)
    return collect_story(client, endpoint="delay-api")


def plan(release: int, version: int, replaces: int | None) -> dict[str, Any]:
    variant = f"v{version}-r{release}"
    return {
        "release": release, "versions": {variant: version}, "weights": {variant: 100}, "mirror": {}, "config": "",
        "wanted": {"targets": {"delay@champion": version}, "config": ""}, "rollout": {"steps": [10]},
        "replaces": replaces,
    }  # fmt: skip


def plant_ledger(client: Client) -> None:
    clock, stream = client.clock, client.platform.endpoint("delay-api")
    assert isinstance(clock, ReplayClock)

    def say(kind: str, after: timedelta = timedelta(0), reason: str = "", **body: Any) -> None:
        clock.advance_to(clock.now() + after)
        stream.append(kind, body, key=f"{len(stream.events())}", reason=reason)

    def steer(release: int, after: timedelta = timedelta(0), **weights: int) -> None:
        shares = {name.replace("_", "-"): weight for name, weight in weights.items()}
        versions = {variant: int(variant[1]) for variant in shares}
        say("traffic.set", after, release=release, weights=shares, mirror={}, versions=versions)

    claim: dict[str, Any] = {"step": "deploy", "attempt": 1, "owner": "1-a", "deadline": 0.0}
    say("release.planned", reason="first version", **plan(1, 1, None))
    say("step.started", release=1, **claim)
    steer(1, v1_r1=100)
    say("release.live", release=1)
    job = client.platform.training("train-delay")
    clock.advance_to(START + 4 * WEEK)
    checks: dict[str, Any] = {"auc": [{"window": "…", "status": "violated", "value": 0.656}]}
    job.append("retrain.decided", {"checks": checks}, key="r", reason="auc violated 3 of 5")
    say("release.planned", WEEK, "retrained", **plan(2, 2, 1))
    say("step.started", release=2, **claim)
    steer(2, v1_r1=90, v2_r2=10)
    evidence = {"requests": 212, "errors": 11}
    say("rollback.started", 10 * MINUTE, "error_rate > 0.01", release=2, to=1, evidence=evidence)
    steer(1, v1_r1=100)
    say("rollback.done", reason="error_rate > 0.01", release=2, to=1)


def plant_results(client: Client) -> None:
    for index, (auc, psi) in enumerate([(0.71, 0.1), (0.65, 0.9), (None, 0.2)]):
        window = (START + index * WEEK, START + (index + 1) * WEEK)
        interval = (auc - 0.01, auc + 0.01) if auc is not None else None
        status: Status = "insufficient" if auc is None else "violated" if auc < 0.66 else "ok"
        performance = {"kind": "performance", "metric": "auc", "minimum": 0.66}
        drift = {"kind": "drift", "method": "psi", "column": "temp", "threshold": 0.5}
        put(
            client, Result("delay-watch", "delay-api", window, 1, "auc", performance, status, auc, interval, 6000, 0.97)
        )
        put(
            client,
            Result(
                "delay-watch", "delay-api", window, 1, "drift-psi.temp", drift, "violated" if psi > 0.5 else "ok", psi,
                rows=6100, detail={"false_alarms": 0.05},
            ),
        )  # fmt: skip
        shadow = Result("delay-watch", "delay-api", window, 2, "auc", performance, "ok", 0.9, variant="shadow")
        put(client, shadow)


def put(client: Client, result: Result) -> None:
    client.platform.store.create(result.key, result.to_bytes())


def test_windows_become_points_by_metric_and_column(data: StoryData) -> None:
    (measured,) = data.measured
    assert (measured.metric, measured.threshold) == ("auc", 0.66)
    assert [(one.version, one.status, one.value, one.low) for one in measured.windows] == [
        (1, "ok", 0.71, 0.7),
        (1, "violated", 0.65, 0.64),
        (1, "insufficient", None, None),
    ]
    (drifted,) = data.drifted
    assert (drifted.column, drifted.method, drifted.false_alarms) == ("temp", "psi", 0.05)
    assert {one.threshold for one in drifted.windows} == {0.5}
    assert [one.value for one in drifted.windows] == [0.1, 0.9, 0.2]


def test_traffic_is_told_by_version(data: StoryData) -> None:
    assert [(one.release, dict(one.shares)) for one in data.traffic] == [
        (1, {"version 1": 100}),
        (2, {"version 1": 90, "version 2": 10}),
        (1, {"version 1": 100}),
    ]


def test_decisions_carry_their_reason_their_evidence_and_their_event(data: StoryData) -> None:
    back = next(one for one in data.decisions if "goes back" in one.what)
    assert back.what == "release 2 goes back to release 1"
    assert back.why == "error_rate > 0.01"
    assert back.evidence == "11 errors in 212 requests"
    assert back.source == "endpoint/delay-api#8"
    assert back.at == START + 5 * WEEK + 10 * MINUTE
    assert back.mood == "bad"
    retraining = next(one for one in data.decisions if "retraining" in one.what)
    assert retraining.evidence == "auc: 0.656"
    assert [one.what for one in data.decisions][:2] == ["release 1 planned: version 1 100 %", "release 1 is live"]


def test_releases_end_as_the_ledger_says(data: StoryData) -> None:
    assert [(one.number, one.versions, one.state) for one in data.releases] == [
        (1, "version 1", "live"),
        (2, "version 2", "rolled_back"),
    ]
    assert data.releases[1].reason == "retrained; error_rate > 0.01"


def test_markers_show_releases_and_alarms(data: StoryData) -> None:
    assert [(one.label, one.kind) for one in data.markers] == [
        ("release 1", "release"),
        ("retraining", "alarm"),
        ("release 2 goes back", "alarm"),
    ]
    assert dict(data.facts) == {
        "Versions": "0", "Releases": "2", "Retrainings decided": "1", "Windows": "3", "Windows violated": "1",
    }  # fmt: skip


def test_the_aborted_rollout_has_its_own_chart(data: StoryData) -> None:
    assert "Rollout of release 2, 08 Apr 2013" in render_story(data)


def test_one_of_several_endpoints_has_to_be_named(client: Client) -> None:
    with pytest.raises(UsageError, match="name one of the endpoints: delay-api, other-api"):
        collect_story(client)
    with pytest.raises(UsageError, match="delay-apo"):
        collect_story(client, endpoint="delay-apo")


def test_a_monitor_names_its_endpoint(client: Client) -> None:
    data = collect_story(client, monitor="delay-watch")
    assert data.title == "flights: delay-api in service"
    assert data.measured == ()
    assert "No window has closed" in render_story(data)
