"""More is asked than can be answered, and all of it is restarted meanwhile: what was accepted is answered, and soon."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Self

import pytest
from tests.serving.serving_kit import Endpoint, captured, stored
from tests.waiting import eventually

from modelwright.adapters.local.driver import processes

ROW_SECONDS = 0.004
QUEUE = 8
SLOW = f"""
import time

def predict(columns):
    time.sleep({ROW_SECONDS} * len(columns["x"]))
    return columns["x"] * 2
"""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model whose time grows with the rows it is asked, so that batches gain nothing."""
    root = tmp_path_factory.mktemp("slow")
    (root / "slow.py").write_text(SLOW)
    return stored(root, f"{root}/slow.py:predict", sample={"x": [1.0]}, opt_in="callable")


class Clients:
    """Clients that ask again and again, each request with an id of its own, and note every answer under it."""

    def __init__(self, endpoint: Endpoint, count: int, *, pause: float = 0.0) -> None:
        self._endpoint = endpoint
        self._pause = pause
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(count)]
        self.statuses: dict[str, int] = {}
        self.patience: set[str] = set()
        self.wrong: list[Any] = []

    def _run(self, client: int) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            identifier = f"{id(self):x}-{client}-{number}"
            try:
                answer = self._endpoint.predict(float(number), **{"x-request-id": identifier})
            except Exception as error:  # noqa: BLE001 (any failure of a client is what this test looks for)
                self.wrong.append((identifier, error))
                continue
            self.statuses[identifier] = answer.status
            if answer.status == 503:
                self.patience.add(answer.headers.get("retry-after", ""))
                self._ended.wait(self._pause)
            elif answer.status != 200 or answer.predictions != [2.0 * number]:
                self.wrong.append((identifier, answer.status, answer.body))

    def answered(self) -> set[str]:
        return {identifier for identifier, status in self.statuses.items() if status == 200}

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def kept(control: Path) -> dict[str, float]:
    """Return how long the server took for each request that it captured, in milliseconds, by the client's id."""
    rows = captured(control)
    times = {row["request"]: row["ms"] for row in rows}
    assert len(times) == len(rows), "a request was answered twice"
    return times


def test_overload_is_refused_and_what_is_accepted_waits_no_longer_than_the_queue_is_long(
    endpoint: Endpoint, slow: str, tmp_path: Path
) -> None:
    control = tmp_path / "control"
    limits = {"queue": QUEUE}
    endpoint.deploy("v1-r1", slow, limits=limits, capture={"to": control.as_uri(), "fraction": 1.0})
    endpoint.traffic({"v1-r1": 100})
    with Clients(endpoint, 1) as alone:
        eventually(lambda: len(alone.answered()) >= 60, within=60)
    with Clients(endpoint, 4 * QUEUE, pause=0.02) as crowd:
        eventually(lambda: len(crowd.answered()) >= 600, within=120)
    endpoint.driver.flush("api")
    assert alone.wrong == crowd.wrong == []
    assert set(alone.statuses.values()) == {200}
    refused = Counter(crowd.statuses.values())[503]
    assert refused > 100, "this was no overload"
    assert crowd.patience == {"1"}
    times = kept(control)
    assert times.keys() == alone.answered() | crowd.answered()
    before = median(times[identifier] for identifier in alone.answered())
    after = quantiles([times[identifier] for identifier in crowd.answered()], n=100)[98]
    # Ahead of a request are at most the batch under way and the rest of the queue: twice the queue. Loaded machines
    # get three times that; without the bound it would be the number of clients, and grow with it.
    assert after <= 3 * (2 * QUEUE + 1) * max(before, 1000 * ROW_SECONDS)


def restart(endpoint: Endpoint, folder: str, name: str) -> None:
    """Ask a process to end and return when another one, which answers, has taken its place."""
    before = processes.identity(endpoint.folder / folder, name)
    assert before is not None
    os.kill(before.pid, signal.SIGTERM)
    eventually(lambda: processes.identity(endpoint.folder / folder, name) not in {None, before}, within=60)
    eventually(lambda: set(_states(endpoint)) == {"ready"}, within=60)


def _states(endpoint: Endpoint) -> list[str]:
    return [found.state for found in endpoint.driver.status("api").deployments]


def test_replacing_reloading_and_restarting_everything_under_load_loses_no_request(
    endpoint: Endpoint, slow: str, tmp_path: Path
) -> None:
    control = tmp_path / "control"
    capture = {"to": control.as_uri(), "fraction": 1.0}
    endpoint.deploy("v1-r1", slow, capture=capture)
    endpoint.traffic({"v1-r1": 100})
    with Clients(endpoint, 4) as clients:
        eventually(lambda: len(clients.answered()) > 20, within=60)
        restart(endpoint, "v1-r1", "server")
        endpoint.deploy("v2-r2", slow, capture=capture)
        for share in (10, 50, 90):
            endpoint.traffic({"v1-r1": 100 - share, "v2-r2": share})
        restart(endpoint, "", "router")
        endpoint.traffic({"v2-r2": 100})
        endpoint.driver.retire("api", "v1-r1")
        restart(endpoint, "", "router")
        restart(endpoint, "v2-r2", "server")
        after = len(clients.answered())
        eventually(lambda: len(clients.answered()) > after + 20, within=60)
    assert clients.wrong == []
    assert set(clients.statuses.values()) == {200}
    endpoint.driver.stop("api")
    assert kept(control).keys() == clients.answered()
