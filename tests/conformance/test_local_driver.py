"""The local driver keeps the contract of drivers, on real processes, and one that breaks it is told so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from modelwright.contract.driver import Filled, Jobs, JobStatus, Serving
from modelwright.store import Store
from modelwright.testing import Applied, ConformanceError, DriverCheck, applied, driver_checks

pytestmark = [pytest.mark.xdist_group("local_driver"), pytest.mark.timeout(300)]  # one worker: it is applied once


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with applied("local", tmp_path_factory.mktemp("driver")) as platform:
        yield platform


class Forgetful:
    """Jobs that forget what was started: an unknown job waits, a cancelled one goes on, a log begins anew."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def start(self, job: str, request: Filled) -> None:
        self._jobs.start(job, request)

    def status(self, job: str) -> JobStatus:
        status = self._jobs.status(job)
        if status.state == "failed":
            return JobStatus("failed", "exit status 1", status.started, status.ended)
        return JobStatus("queued") if status.state == "lost" else status

    def cancel(self, job: str) -> None:
        self._jobs.cancel(job)

    def logs(self, job: str, offset: int = 0) -> tuple[str, int]:
        del offset
        return self._jobs.logs(job)


class Overwriting:
    """A store whose `create` replaces."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, key: str, data: bytes) -> bool:
        self._store.put(key, data)
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Unmoved:
    """Serving that says yes to new weights and keeps the old ones."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def set_traffic(self, endpoint: str, weights: Mapping[str, int], mirror: Mapping[str, float]) -> None:
        if not self._serving.status(endpoint).weights:
            self._serving.set_traffic(endpoint, weights, mirror)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._serving, name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("jobs[unknown is lost]", "a job that never was is queued, not lost"),
        ("jobs[a failure is explained]", "the reason of a failure lacks the error: 'exit status 1'"),
        ("jobs[logs go on from an offset]", "a log goes on after its end"),
        ("store[the second create fails]", "two creates of one key answer True and True"),
        ("serving[traffic changes at once]", "100}) the weights are {"),
    ],
)
def test_a_driver_that_breaks_a_promise_is_told_which(name: str, said: str, platform: Applied) -> None:
    serving, jobs, store = platform.driver.serving, platform.driver.jobs, platform.driver.store
    lying: Any = replace(platform.driver, jobs=Forgetful(jobs), serving=Unmoved(serving), store=Overwriting(store))
    if name.startswith("serving"):
        lying = replace(lying, jobs=jobs, store=store)
    (check,) = [one for one in driver_checks() if one.name == name]
    with pytest.raises(ConformanceError) as caught:
        check(replace(platform, driver=lying))
    assert said in str(caught.value)


@pytest.mark.parametrize("check", driver_checks(), ids=str)
def test_the_local_driver_keeps_the_contract(check: DriverCheck, platform: Applied) -> None:
    check(platform)
