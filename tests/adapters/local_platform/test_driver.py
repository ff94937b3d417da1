"""The driver that a record opens, what it sends to the outbox, its secrets, and what stops at destroy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.local_platform.samples import NOTHING, Said, down, tree
from tests.compiler.flights import flights
from tests.waiting import eventually

from modelwright.adapters.local.adapter import ADAPTER
from modelwright.adapters.local.driver.alerts import Outbox
from modelwright.adapters.local.driver.platform import LocalPlatform
from modelwright.adapters.local.driver.secrets import revealed
from modelwright.clock import ReplayClock
from modelwright.compiler import compile_project
from modelwright.contract.driver import Driver, Filled, OnlineRow
from modelwright.contract.place import Place
from modelwright.errors import CredentialsError, NotFoundError

MOMENT = datetime(2013, 3, 4, 12, tzinfo=UTC)


def opened(folder: Path, clock: ReplayClock | None = None) -> tuple[dict[str, Any], Driver]:
    made = compile_project(flights(), "dev")
    record = dict(LocalPlatform(folder, "dev").apply(made, allow_data_loss=NOTHING, progress=Said()))
    return record, ADAPTER.open_driver(record, Place("flights", "dev", folder), str(clock.path) if clock else None)


def test_a_record_opens_the_store_and_the_online_features_that_it_names(tmp_path: Path) -> None:
    record, driver = opened(tmp_path)
    assert json.loads(driver.store.get("platform.json") or b"") == record
    online = driver.online("features")
    row = OnlineRow({"carrier": "AA"}, MOMENT, {"mean_delay_7d": 3.5, "flights_7d": 12})
    assert online.write("carrier", [row]) == 1
    assert online.get("carrier", [{"carrier": "AA"}, {"carrier": "UA"}]) == [row, None]
    with pytest.raises(NotFoundError, match="'featurs'"):
        driver.online("featurs")


def test_alerts_lie_in_the_outbox_by_the_time_of_decisions(tmp_path: Path) -> None:
    clock = ReplayClock(tmp_path / "clock", MOMENT)
    _, driver = opened(tmp_path, clock)
    for text in ("first", "second"):
        driver.notify("webhook:slack-hook", {"text": text})
    outbox = tmp_path / ".modelwright/dev/outbox"
    assert [file.name for file in sorted(outbox.iterdir())] == [
        "20130304T120000000000Z-1.json",
        "20130304T120000000000Z-2.json",
    ]
    alert = json.loads((outbox / "20130304T120000000000Z-2.json").read_bytes())
    assert alert == {
        "schema": "modelwright.alert/1",
        "to": "webhook:slack-hook",
        "at": "2013-03-04T12:00:00.000000Z",
        "message": {"text": "second"},
    }


def test_two_alerts_of_one_moment_from_two_places_do_not_replace_each_other(tmp_path: Path) -> None:
    clock = ReplayClock(tmp_path / "clock", MOMENT)
    for number in range(3):
        Outbox(tmp_path, clock).notify("email:ml@acme.test", {"number": number})
    found = [json.loads(file.read_bytes())["message"]["number"] for file in sorted((tmp_path / "outbox").iterdir())]
    assert found == [0, 1, 2]


def test_a_secret_comes_from_the_surroundings_or_the_variable_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = {"MODE": "job", "TOKEN": {"$secret": "hub-token"}, "URL": {"$join": ["https://", {"$secret": "hub-token"}]}}
    with pytest.raises(CredentialsError, match="'hub-token'") as caught:
        revealed(env)
    assert "MODELWRIGHT_SECRET_HUB_TOKEN" in str(caught.value)
    assert caught.value.exit_status == 3
    monkeypatch.setenv("MODELWRIGHT_SECRET_HUB_TOKEN", "hunter2")
    assert revealed(env) == {"MODE": "job", "TOKEN": "hunter2", "URL": "https://hunter2"}


def train_request(folder: Path, code: str) -> Filled:
    (folder / "training.py").write_text(code)
    config = {
        "schema": "modelwright.train/1",
        "job": "hello",
        "run": "hello-1",
        "entrypoint": "training.py:train",
        "root": folder.as_uri(),
        "output": (folder / ".modelwright/dev/control").as_uri(),
        "now": "2013-03-04T00:00:00.000000Z",
    }
    body = {
        "verb": "train",
        "config": config,
        "env": {"TOKEN": {"$secret": "hub-token"}},
        "timeout": 60.0,
        "retries": 0,
    }
    return Filled("hello/train", "train", "local.Job", body)


def test_a_job_gets_its_own_secret_and_the_state_folder_never_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELWRIGHT_SECRET_HUB_TOKEN", "hunter2")
    monkeypatch.setenv("MODELWRIGHT_SECRET_OTHER", "not-for-this-job")
    _, driver = opened(tmp_path)
    seen = tmp_path / "seen.json"
    code = f"import json, os\n\ndef train(context):\n    json.dump(dict(os.environ), open({str(seen)!r}, 'w'))\n"
    driver.jobs.start("hello-1", train_request(tmp_path, code))
    eventually(lambda: driver.jobs.status("hello-1").state in {"succeeded", "failed"})
    environment = json.loads(seen.read_text())
    assert environment["TOKEN"] == "hunter2"
    assert not [name for name in environment if name.startswith("MODELWRIGHT_SECRET_")]
    files = [file for file in (tmp_path / ".modelwright").rglob("*") if file.is_file()]
    assert not [file for file in files if b"hunter2" in file.read_bytes()]


def test_destroy_stops_a_job_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELWRIGHT_SECRET_HUB_TOKEN", "hunter2")
    _, driver = opened(tmp_path)
    pid = tmp_path / "pid"
    code = (
        "import os, signal\n\ndef train(context):\n"
        f"    open({str(pid)!r} + '.new', 'w').write(str(os.getpid()))\n"
        f"    os.rename({str(pid)!r} + '.new', {str(pid)!r})\n"
        "    signal.pause()\n"
    )
    driver.jobs.start("hello-1", train_request(tmp_path, code))
    eventually(pid.exists)
    down(tmp_path, "foundation")
    assert not Path(f"/proc/{pid.read_text()}").exists()
    assert not any(name.startswith(".modelwright") for name in tree(tmp_path))
