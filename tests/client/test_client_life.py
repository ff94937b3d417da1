"""What a client says and returns through a project's life: one clear error each time, and tables for those who look."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.lifecycle.living import FAST, bodies, fitted, living, rows, settle, write_project
from tests.waiting import eventually

from modelwright import connect
from modelwright.client import Client, Step
from modelwright.clock import ReplayClock
from modelwright.errors import (
    BadRequestError,
    DataLossError,
    IntegrityError,
    InvalidProjectError,
    ModelwrightError,
    NotAppliedError,
    NotFoundError,
    NotReleasedError,
    TrainingFailedError,
    TransitionError,
    UnknownEnvironmentError,
    UsageError,
)

TWO = '{"dev": Environment("local"), "prod": Environment("local")}'
OTHERS = '{"east": Environment("local"), "west": Environment("local")}'


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with living(write_project(tmp_path, endpoint=f"rollout={FAST}", environments=TWO)) as client:
        yield client


def test_an_environment_is_named_where_it_is_not_clear_and_applied_before_it_is_used(tmp_path: Path) -> None:
    file = write_project(tmp_path, environments=TWO)
    assert (connect(file).environment, connect(file, environment="prod").environment) == ("dev", "prod")
    with pytest.raises(UnknownEnvironmentError, match="did you mean 'prod'") as unknown:
        connect(file, environment="prd")
    assert unknown.value.exit_status == 6
    for use in (Client.status, Client.tick, lambda c: c.train("fit"), lambda c: c.predict("api", rows())):
        with pytest.raises(NotAppliedError) as early:
            use(connect(file))
        assert early.value.remedy == "run `modelwright up` first"
    write_project(tmp_path, environments=OTHERS)
    with pytest.raises(UsageError, match="name one of the environments: east, west"):
        connect(file)
    file.write_text("project = 1/0")
    with pytest.raises(InvalidProjectError) as invalid:
        connect(file)
    assert invalid.value.exit_status == 2
    assert not (tmp_path / ".modelwright").exists(), "asking changes nothing"


def refused(kind: type[ModelwrightError], said: str, call: Callable[[], object]) -> None:
    """Assert that a call is refused with one error of this kind, whose message and remedy say this."""
    with pytest.raises(kind) as caught:
        call()
    assert said in str(caught.value), str(caught.value)


@pytest.mark.timeout(240)
def test_each_mistake_is_one_clear_error_and_changes_nothing(client: Client, tmp_path: Path) -> None:
    refused(NotReleasedError, "modelwright train fit --promote", lambda: client.predict("api", rows()))
    refused(NotFoundError, "did you mean 'api'", lambda: client.predict("apy", rows()))
    refused(NotFoundError, "did you mean 'fit'", lambda: client.train("fitt"))
    refused(NotFoundError, "no run 'fit-9'", lambda: client.register("fit-9"))
    refused(NotFoundError, "no version '1'", lambda: client.version("risk:1"))
    refused(NotFoundError, "no model named 'rsk'", lambda: client.version("rsk:1"))
    refused(NotReleasedError, "nothing serves behind api", lambda: client.rollback("api", reason="why not"))
    refused(NotReleasedError, "risk@champion has no version", lambda: client.set_traffic("api", {"v1-r1": 100}))
    failing = client.train("fit", {"raises": True})
    refused(TrainingFailedError, "the labels are gone", lambda: failing.wait(timeout=60))
    refused(TrainingFailedError, "has no model", lambda: client.register(failing))
    (version,) = fitted(client, {})
    tampered = client.train("fit", {"C": 3.0}).wait(timeout=60)
    (file,) = (client.workplace.state / "control/runs" / tampered.id / "model").glob("*.skops")
    file.write_bytes(file.read_bytes() + b"!")
    refused(IntegrityError, "train again: the files were changed", lambda: client.register(tampered))
    assert [each.number for each in client.versions("risk")] == [version.number]
    refused(NotReleasedError, f"modelwright model promote risk:{version.number}", lambda: client.predict("api", rows()))
    client.promote(version).wait(timeout=60)
    events = len(client.ledger.stream("endpoint/api").events())

    refused(BadRequestError, "cannot be sent as JSON", lambda: client.predict("api", [{"value": float("inf")}]))
    refused(BadRequestError, "cannot be sent as JSON", lambda: client.predict("api", [{"value": {1, 2}}]))
    refused(BadRequestError, "rows must be dicts", lambda: client.predict("api", 7))
    refused(BadRequestError, "refused the request", lambda: client.predict("api", [{"valu": 1.0, "ward": "w01"}]))
    refused(BadRequestError, "refused the request", lambda: client.predict("api", rows(), variant="v9-r9"))
    refused(UsageError, "did you mean 'v1-r1'", lambda: client.set_traffic("api", {"v2-r1": 100}))
    refused(UsageError, "sum to 100", lambda: client.set_traffic("api", {"v1-r1": 90}))
    refused(UsageError, "declares no keys", lambda: client.record_truth("api", [{"label": 1}]))
    refused(UsageError, "no rows to be evaluated on", lambda: client.evaluate(version))
    refused(TransitionError, "risk:1 is champion", lambda: client.reject(version))
    refused(TransitionError, "the first that was live", lambda: client.rollback("api", reason="too far"))
    refused(DataLossError, "--allow-data-loss foundation", client.destroy)
    assert client.predict("api", rows()).version == 1, "a refused destroy has stopped nothing"
    assert len(client.ledger.stream("endpoint/api").events()) == events
    assert [step for step in client.tick() if step.moved or step.failed] == []
    looks_well(client)
    retired_and_back(client)
    left_behind(client, tmp_path)


class Tags(HTMLParser):
    """Reads HTML and keeps what was never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"style"}, "alignment and nothing else"
        self.open.append(tag)
        self.rows += tag == "tr"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def looks_well(client: Client) -> None:
    """Everything returned is HTML that closes what it opens, a dict that is JSON, and a frame where it is a table."""
    frame = pd.DataFrame(rows(3))
    answer = client.predict("api", frame)
    columns = client.predict("api", {"value": frame["value"].to_numpy(), "ward": list(frame["ward"])})
    assert answer.outputs == columns.outputs
    assert len(answer.to_pandas()) == 3
    promotion = client.promote("risk:1").wait(timeout=60)
    shown: list[Any] = [answer, promotion, client.version("risk:1"), client.history("api"), client.status(),
                        client.runs, client.runs["fit-2"]]  # fmt: skip
    for each in shown:
        tags = Tags(each._repr_html_())
        assert (tags.open, tags.rows > 1) == ([], True), each
        json.dumps(each.to_dict())
    assert list(client.history("api").to_pandas()["release"]) == [1]
    assert list(client.runs.to_pandas()["state"]) == ["failed", "succeeded", "succeeded"]
    assert set(client.status().to_pandas()["name"]) == {"fit", "models", "api"}


def retired_and_back(client: Client) -> None:
    """A retired endpoint answers nothing, says so, and serves again after the next promotion."""
    client.retire("api", reason="closed for the night")
    settle(client)
    assert client.status().resource("api").state == "retired"
    refused(NotReleasedError, "no live release", lambda: client.predict("api", rows()))
    client.promote("risk:1").wait(timeout=60)
    assert client.predict("api", rows()).release == 2


def left_behind(client: Client, tmp_path: Path) -> None:
    """Destroying ends every process and removes every file, and may be done twice."""
    processes = [json.loads(file.read_text())["pid"] for file in (tmp_path / ".modelwright").glob("**/*.pid.json")]
    assert processes
    client.destroy(allow_data_loss=["foundation"])
    assert not (tmp_path / ".modelwright").exists()
    eventually(lambda: not any(alive(number) for number in processes))
    client.destroy()
    with pytest.raises(NotAppliedError):
        client.status()


def alive(number: int) -> bool:
    status = Path(f"/proc/{number}/status")
    return status.exists() and "zombie" not in status.read_text()


@pytest.mark.timeout(120)
def test_an_operator_goes_on_where_one_stream_is_broken_and_writes_the_heads_once_a_day(tmp_path: Path) -> None:
    more = ', TrainingJob("other", entrypoint="project.py:train")'
    clock = ReplayClock(tmp_path / "clock", datetime(2026, 5, 1, 23, tzinfo=UTC))
    with living(write_project(tmp_path, more=more), clock) as client:
        control = client.workplace.state / "control"
        assert not (control / "heads").exists(), "before the first event there is nothing to witness"
        client.train("fit", {"raises": True})
        settle(client)
        client.up()
        assert [file.name for file in (control / "heads").iterdir()] == ["2026-05-01.json"]
        (control / "ledger/v1/training/fit/000000000001.json").write_text("{}")
        watcher = connect(tmp_path / "project.py", clock=clock)
        other = watcher.train("other")
        stop = threading.Event()
        heard: list[Step] = []
        thread = threading.Thread(target=watcher.operate, args=(stop,), kwargs={"on_step": heard.append})
        thread.start()
        try:
            eventually(lambda: other.status == "succeeded", within=60)
            assert watcher.status().operated
            assert watcher.status().resource("fit").state == "unreadable"
            clock.advance_to(clock.now() + timedelta(hours=2))
            eventually((control / "heads/2026-05-02.json").exists)
        finally:
            stop.set()
            thread.join()
        assert {step.stream for step in heard if step.failed} == {"training/fit"}
        assert not watcher.status().operated
        assert bodies(watcher, "training/other", "run.finished")[0]["status"] == "succeeded"
