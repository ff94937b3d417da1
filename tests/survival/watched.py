"""Wards that are watched: labels flip every day, so that each day's window is violated and a new version is trained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.survival.mortal import ends
from tests.survival.wards import Wards

from modelwright import connect
from modelwright.client import Client
from modelwright.clock import ReplayClock

_PROJECT = """
from modelwright import *

def train(context):
    from sklearn.linear_model import LogisticRegression

    rows = context.read("rows")
    value = rows["value"].reshape(-1, 1)
    model = LogisticRegression().fit(value, rows["sick"])
    context.log_metrics({"accuracy": float(model.score(value, rows["sick"]))})
    columns = {"value": rows["value"]}
    context.save(model, sample={"value": rows["value"][:3]}, reference=columns, labels=rows["sick"])

lake = DataStore("lake")
fit = TrainingJob("fit", entrypoint="project.py:train", inputs={"rows": lake / "rows"})
models = ModelRegistry("models", models=[Model("risk", training=fit, gates=[Metric("accuracy") >= 0.9])])
api = Endpoint("api", serves="risk@champion", capture=1.0, keys=["id"])
features = FeatureStore("features", store=lake, online=True, views=[
    FeatureView("patient", entity="patient", timestamp="hour", source=lake / "patients",
                features={"visits": "int64"}, refresh="0 * * * *")])
watch = Monitor("watch", endpoint=api, window="1d", min_rows=20, alerts=[Email("ward@example.org")],
                checks=[Performance("accuracy", minimum=0.7, labels_within="1h", min_matched=0.5)],
                retrain=Retrain(fit, on=["accuracy"], when="1 of 1", cooldown="1h"))
project = Project("wards", [lake, features, fit, models, api, watch], environments={"dev": Environment("local")})
"""
_START = datetime(2026, 1, 5, 8, tzinfo=UTC)
ROWS = 40


@dataclass(frozen=True, slots=True)
class WatchedWards(Wards):
    """A project with a monitor that trains again and a view that is filled by the hour, on a clock of its own."""

    def row_of(self, number: int, day: int) -> dict[str, Any]:
        return {"id": day * ROWS + number, "value": number / 10 - 2.05}

    @property
    def row(self) -> dict[str, Any]:
        return {"id": -1, "value": 1.0}

    def write(self, **_: Any) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(_PROJECT)
        self._set(_START)

    def connect(self) -> Client:
        now = datetime.fromisoformat((self.folder / "now").read_text())
        return connect(self.file, clock=ReplayClock(self.folder / "clock", now))

    def _set(self, now: datetime) -> None:
        (self.folder / "now").write_text(now.isoformat())
        ReplayClock(self.folder / "clock", now)

    def prepare(self) -> None:
        self.write()
        assert ends(self.up)
        self._learn(0)
        self._visit(0)
        assert ends(self.train_and_promote)
        assert ends(self.settle)

    def live_through(self, day: int) -> None:
        """Let a day pass on which the model that serves is wrong: what is to be learned has turned round."""
        assert ends(lambda: self._day(day))
        self._learn(day + 1)
        self._visit(day + 1)
        self._set(_START.replace(hour=2) + timedelta(days=day + 1))

    def _day(self, day: int) -> None:
        rows = [self.row_of(number, day) for number in range(ROWS)]
        client = self.connect()
        client.predict("api", rows)
        turned = (day + 1) % 2
        truth = [{"id": row["id"], "label": int((row["value"] > 0) != bool(turned))} for row in rows]
        client.record_truth("api", truth)

    def _learn(self, day: int) -> None:
        value = np.random.default_rng(day).normal(size=200)
        folder = self.state / "dev/data/lake/rows"
        folder.mkdir(parents=True, exist_ok=True)
        table = pa.table({"value": value, "sick": ((value > 0) != bool(day % 2)).astype(int)})
        for old in folder.iterdir():
            old.unlink()
        pq.write_table(table, folder / f"day-{day}.parquet")

    def _visit(self, day: int) -> None:
        folder = self.state / "dev/data/lake/patients"
        folder.mkdir(parents=True, exist_ok=True)
        times = pa.array([_START + timedelta(days=day, hours=-7)], pa.timestamp("us", tz="UTC"))
        columns = {"patient": ["p1"], "hour": times, "created_time": times, "visits": [day]}
        pq.write_table(pa.table(columns), folder / f"day-{day}.parquet")

    def visits(self) -> list[int]:
        """Return every row of the view that was materialised, read from its partitions."""
        files = sorted((self.state / "dev/data/lake/features/patient").rglob("*.parquet"))
        return sorted(visits for file in files for visits in pq.ParquetFile(file).read()["visits"].to_pylist())

    def missed(self, day: int) -> list[str]:
        """Return what a day should have led to and did not, or more than once."""
        found = self.disorder(day + 2)
        for stream, kind in (("training/fit", "retrain.decided"), ("model/risk", "version.registered")):
            count, expected = len(self.bodies(stream, kind)), day + (1 if kind.startswith("retrain") else 2)
            if count != expected:
                found.append(f"{count} times {kind}, not {expected}")
        if self.visits() != list(range(day + 2)):
            found.append(f"the view holds {self.visits()}")
        verdicts = [event["kind"] for event in self.events("monitor/watch")]
        results = sorted((self.control / "results/watch").rglob("*.json"))
        if len({path.parent.parent.name for path in results}) != day + 1:
            found.append(f"results of {len(results)} windows, not {day + 1}: {verdicts}")
        return found
