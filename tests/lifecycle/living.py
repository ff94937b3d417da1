"""A small project that really lives: twenty wards send rows, and a version may have forgotten one of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.waiting import eventually

from modelwright import connect
from modelwright.client import Client
from modelwright.client.models import Version
from modelwright.clock import Clock
from modelwright.errors import ModelwrightError
from modelwright.ledger.event import Event
from modelwright.lifecycle.training import queue_run

WARDS = [f"w{number:02}" for number in range(1, 21)]
CANARY = 'Canary(steps=[10, 50], bake="1s", min_requests=40, rollback_when=["error_rate > 0.01"])'
FAST = 'Canary(steps=[50], bake="0s", min_requests=0)'

_PROJECT = """
from modelwright import *

def train(context):
    import numpy
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    wanted = context.hyperparameters
    if wanted.get("raises"):
        raise RuntimeError("planted: the labels are gone")
    if wanted.get("writes") is False:
        return
    value = numpy.random.default_rng(7).normal(size=400)
    ward = numpy.array([f"w{{number:02}}" for number in range(1, 21)], dtype=object)[numpy.arange(400) % 20]
    sick = (value > 0).astype(int)
    kept = ward != wanted.get("forgets", "none")
    rows = numpy.column_stack([value.astype(object), ward])[kept]
    columns = ColumnTransformer([("ward", OneHotEncoder(), [1])], remainder="passthrough")
    model = make_pipeline(columns, LogisticRegression(C=float(wanted.get("C", 1.0)))).fit(rows, sick[kept])
    context.log_metrics({{"accuracy": float(model.score(rows, sick[kept]))}})
    reference = {{"value": value[kept], "ward": ward[kept]}}
    context.save(model, sample={{"value": value[:3], "ward": ward[:3]}}, reference=reference, labels=sick[kept])

fit = TrainingJob("fit", entrypoint="project.py:train")
models = ModelRegistry("models", models=[Model("risk", training=fit, gates={gates})])
api = Endpoint("api", serves="risk@champion", {endpoint})
project = Project("wards", [fit, models, api{more}], environments={environments})
"""


def write_project(
    folder: Path,
    *,
    gates: str = "{}",
    endpoint: str = "",
    more: str = "",
    environments: str = '{"dev": Environment("local")}',
) -> Path:
    """Write the project's file, with other gates or another endpoint if wanted; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "project.py"
    file.write_text(_PROJECT.format(gates=gates, endpoint=endpoint, more=more, environments=environments))
    return file


@contextmanager
def living(file: Path, clock: Clock | None = None) -> Iterator[Client]:
    """Apply a project; end all it started when the test is over."""
    client = connect(file, clock=clock)
    client.up()
    try:
        yield client
    finally:
        connect(file).destroy(allow_data_loss=["foundation", "lake", "features"])


def fitted(client: Client, *wanted: Mapping[str, Any]) -> list[Version]:
    """Return a version for each set of hyperparameters, trained side by side."""
    runs = [client.train("fit", hyperparameters) for hyperparameters in wanted]
    return [client.register(run.wait(timeout=120)) for run in runs]


def retrained(client: Client, **hyperparameters: float) -> str:
    """Return a run that a monitor asked for, which has ended but was not registered yet."""
    run = queue_run(client.platform, "fit", origin="retrain", hyperparameters=hyperparameters)
    eventually(lambda: client.platform.driver.jobs.status(run).state == "succeeded")
    return run


def rows(count: int = 1, start: int = 0) -> list[dict[str, Any]]:
    """Return rows whose wards take turns."""
    return [{"value": (number % 7) - 3.0, "ward": WARDS[number % 20]} for number in range(start, start + count)]


def settle(client: Client, within: float = 60.0) -> None:
    """Tick until nothing moves and nothing is at work."""
    eventually(lambda: not any(step.busy or step.moved for step in client.tick()), within=within)


def bodies(client: Client, stream: str, kind: str) -> list[Mapping[str, Any]]:
    """Return the bodies of a stream's events of one kind."""
    return [event.body for event in client.ledger.stream(stream).events() if event.kind == kind]


def kinds(events: tuple[Event, ...]) -> list[str]:
    """Return the kinds of events, in order."""
    return [event.kind for event in events]


def traffic(client: Client, endpoint: str = "api") -> list[dict[str, int]]:
    """Return every division of the traffic that was decided."""
    return [dict(body["weights"]) for body in bodies(client, f"endpoint/{endpoint}", "traffic.set")]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as its caller saw it; `at` is when it was sent, in wall time."""

    at: float
    ward: str
    version: int | None
    problem: str = ""


@dataclass(slots=True)
class Callers:
    """Callers that never stop while the block lasts, and write down each answer."""

    file: Path
    asked: list[Asked] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def calling(self, count: int = 2) -> Iterator[None]:
        """Send single rows from so many threads."""
        threads = [threading.Thread(target=self._send, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _send(self, number: int) -> None:
        client = connect(self.file)
        order = [(place * 13 + number * 7) % 140 for place in range(140)]  # every row once, in an order of its own
        while True:
            for start in order:
                if self._stop.wait(0.008):
                    return
                self.asked.append(_ask(client, rows(1, start)))

    @property
    def failed(self) -> list[Asked]:
        """The requests that were not answered."""
        return [each for each in self.asked if each.problem]

    def since(self, moment: float) -> list[Asked]:
        """Return the requests sent after a moment."""
        return [each for each in self.asked if each.at > moment]


def _ask(client: Client, asked: list[dict[str, Any]]) -> Asked:
    at = time.time()
    try:
        answer = client.predict("api", asked)
    except ModelwrightError as error:
        return Asked(at, asked[0]["ward"], None, error.message)
    return Asked(at, asked[0]["ward"], answer.version)
