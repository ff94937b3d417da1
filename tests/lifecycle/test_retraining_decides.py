"""Labels flip, windows close, and the product trains again by itself, or says why it does not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.lifecycle.living import living, settle

from modelwright.client import Client
from modelwright.clock import ReplayClock
from modelwright.errors import TrainingFailedError
from modelwright.store import local_path

PROJECT = """
from modelwright import *

def train(context):
    from sklearn.linear_model import LogisticRegression

    rows = context.read("rows")
    if (rows["value"] > 90).any():
        raise ValueError("planted: a scale was swapped")
    if (rows["value"] < -90).any():
        return
    value = rows["value"].reshape(-1, 1)
    model = LogisticRegression().fit(value, rows["sick"])
    context.log_metrics({"accuracy": float(model.score(value, rows["sick"]))})
    columns = {"value": rows["value"]}
    context.save(model, sample={"value": rows["value"][:3]}, reference=columns, labels=rows["sick"])

lake = DataStore("lake")
fit = TrainingJob("fit", entrypoint="project.py:train", inputs={"rows": lake / "rows"})
models = ModelRegistry("models", models=[Model("risk", training=fit, gates=[Metric("accuracy") >= 0.9])])
api = Endpoint("api", serves="risk@champion", capture=1.0, keys=["id"])
watch = Monitor("watch", endpoint=api, window="1d", min_rows=20, alerts=[Email("ward@example.org")],
                checks=[Performance("accuracy", minimum=0.7, labels_within="1h", min_matched=0.5)],
                retrain=Retrain(fit, on=["accuracy"], when="2 of 3", cooldown="4d"))
project = Project("wards", [lake, fit, models, api, watch], environments={"dev": Environment("local")})
"""
DAY = timedelta(days=1)


@dataclass
class Ward:
    """A project, its clock, and the patients who come day by day."""

    client: Client
    clock: ReplayClock
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def writes(self, name: str, *, flipped: bool = False, odd: float | None = None) -> None:
        """Write a file of rows into the lake, instead of all that were there; `odd` is one strange value."""
        value = np.random.default_rng(len(name)).normal(size=200)
        sick = ((value > 0) != flipped).astype(int)
        if odd is not None:
            value[0] = odd
        folder = local_path(self.client.outputs()["lake"]["uri"]) / "rows"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        pq.write_table(pa.table({"value": value, "sick": sick}), folder / f"{name}.parquet")

    def day(self, *, flipped: bool = False, labels: bool = True) -> None:
        """Send a day's rows, tell what became of them, and let the day and the hours after it pass."""
        rows = [{"id": next(self.numbers), "value": place / 10 - 2.05} for place in range(40)]
        self.client.predict("api", rows)
        if labels:
            truth = [{"id": row["id"], "label": int((row["value"] > 0) != flipped)} for row in rows]
            self.client.record_truth("api", truth)
        midnight = self.clock.now().replace(hour=0) + DAY
        self.clock.advance_to(midnight + timedelta(hours=2))
        settle(self.client, within=90)

    def decisions(self) -> list[tuple[str, str]]:
        """Return what was decided on retraining, with the reasons."""
        events = self.client.ledger.stream("training/fit").events()
        return [(e.kind.removeprefix("retrain."), e.reason) for e in events if e.kind.startswith("retrain.")]

    def state(self) -> str:
        """Return the monitor's word."""
        return self.client.status().resource("watch").state


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward whose first version was trained on how things were, and serves."""
    (tmp_path / "project.py").write_text(PROJECT)
    clock = ReplayClock(tmp_path / "clock", datetime(2026, 1, 5, 8, tzinfo=UTC))
    with living(tmp_path / "project.py", clock) as client:
        ward = Ward(client, clock)
        ward.writes("first")
        run = client.train("fit").wait(timeout=60)
        client.promote(client.register(run)).wait(timeout=60)
        yield ward


@pytest.mark.timeout(280)
def test_two_bad_windows_of_three_train_again_unless_there_is_a_reason_not_to(ward: Ward, tmp_path: Path) -> None:
    client = ward.client
    ward.day(labels=False)
    assert ward.state() == "waiting", "a window without labels says nothing"
    ward.day()
    assert ward.state() == "healthy"
    ward.day(flipped=True)
    assert (ward.state(), ward.decisions()) == ("violated", [])
    ward.day(labels=False)
    assert ward.state() == "violated", "a window without labels is no recovery"
    ward.day(flipped=True)
    assert ward.decisions() == [("declined", "no new data since the last run")]

    ward.writes("flipped", flipped=True)
    ward.day(flipped=True)
    assert ward.decisions()[1:] == [("decided", "accuracy violated 2 of 3")]
    assert client.version("risk@champion").number == 2
    assert [entry.versions for entry in client.history("api").entries] == [(1,), (2,)]
    assert client.runs["fit-2"].state.origin == "retrain"
    ward.day(flipped=True)
    assert ward.state() == "healthy", "the new version knows how things are now"

    ward.writes("swapped", odd=99.0)
    ward.day()
    ward.day()
    assert ward.decisions()[2:] == [("declined", f"cooling down until {decided_at(client) + 4 * DAY}")]
    ward.day()
    assert [kind for kind, _ in ward.decisions()[3:]] == ["decided"]
    failed = client.runs["fit-3"]
    assert failed.status == "failed"
    assert "planted: a scale was swapped" in str(failed.state.error)
    assert 'raise ValueError("planted' in str((failed.state.error or {}).get("traceback"))
    assert client.version("risk@champion").number == 2
    assert client.predict("api", [{"id": -1, "value": 0.5}]).version == 2

    ward.writes("mended")
    for _ in range(4):
        ward.day()
    after_failure = [kind for kind, _ in ward.decisions()[4:]]
    assert after_failure == ["declined", "declined", "declined", "decided"]
    assert client.version("risk@champion").number == 3
    assert verdicts(client) == ["healthy", "violated", "healthy", "violated"]
    ward.writes("empty", odd=-99.0)
    run = client.train("fit")
    with pytest.raises(TrainingFailedError, match="wrote no model"):
        run.wait(timeout=60)
    told = [json.loads(file.read_text())["message"] for file in (tmp_path / ".modelwright/dev/outbox").iterdir()]
    assert [message["checks"] for message in told] == [["accuracy"], ["accuracy"]]


def verdicts(client: Client) -> list[str]:
    events = client.ledger.stream("monitor/watch").events()
    return [event.kind.removeprefix("monitor.") for event in events]


def decided_at(client: Client) -> datetime:
    events = client.ledger.stream("training/fit").events()
    return next(event.at for event in events if event.kind == "retrain.decided")
