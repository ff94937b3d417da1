"""Jobs of the product's own code are forked from a warm worker, and behave as those that are executed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.waiting import eventually

from modelwright.adapters.local.driver.jobs import LocalJobs
from modelwright.contract.driver import Filled, JobStatus

ENDED = {"succeeded", "failed", "cancelled", "lost"}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere jobs are never forked")


@pytest.fixture
def request_of(tmp_path: Path) -> Filled:
    """Materialising a source of two rows, which takes a moment and no model."""
    source = tmp_path / "lake" / "source"
    source.mkdir(parents=True)
    rows = "(VALUES ('AA', TIMESTAMPTZ '2013-01-01 05:00:00Z', 1.5), ('UA', TIMESTAMPTZ '2013-01-01 05:00:00Z', 2.5))"
    duckdb.sql(f"COPY (SELECT k, t, t AS made, x FROM {rows} v(k, t, x)) TO '{source}/a.parquet' (FORMAT parquet)")
    view = {
        "name": "carrier", "store": "features", "entity": ["k"], "timestamp": "t", "created": "made", "ttl": None,
        "features": {"x": "float64"}, "schema": "0a1b2c3d", "source": source.as_uri(), "online": True,
    }  # fmt: skip
    online = {"kind": "sqlite", "path": str(tmp_path / "online.sqlite")}
    config: Mapping[str, Any] = {
        "schema": "modelwright.materialise/1", "view": view, "offline": (tmp_path / "lake").as_uri(), "online": online,
        "now": "2013-01-02T00:00:00.000000Z",
    }  # fmt: skip
    return Filled("features.carrier/materialise", "materialise", "local.Job", {"verb": "materialise", "config": config})


def ended(jobs: LocalJobs, job: str) -> JobStatus:
    def look() -> JobStatus | None:
        status = jobs.status(job)
        return status if status.state in ENDED else None

    found = eventually(look)
    assert found is not None
    return found


def worker_of(jobs: LocalJobs) -> subprocess.Popen[bytes]:
    worker = jobs._warm._worker
    assert worker is not None, "the second job starts a worker"
    return worker


def test_a_forked_job_ends_as_an_executed_one_does(tmp_path: Path, request_of: Filled) -> None:
    jobs = LocalJobs(tmp_path / "state")
    for job in ("first", "second", "third"):
        jobs.start(job, request_of)
        assert ended(jobs, job).state == "succeeded"
    told = [jobs.logs(job)[0] for job in ("first", "second", "third")]
    assert '"rows": 2' in told[0]
    assert all('"rows": 0' in text for text in told[1:]), "what was materialised before is not materialised again"


def test_a_job_is_never_taken_for_lost_while_it_starts(tmp_path: Path, request_of: Filled) -> None:
    jobs = LocalJobs(tmp_path / "state")
    seen: set[str] = set()
    for number in range(12):
        jobs.start(f"job-{number}", request_of)
        while (state := jobs.status(f"job-{number}").state) not in ENDED:
            seen.add(state)  # asked as fast as can be: the supervisor notes itself between two looks
        assert state == "succeeded"
    assert "running" in seen


def test_a_forked_job_that_fails_says_why(tmp_path: Path, request_of: Filled) -> None:
    jobs = LocalJobs(tmp_path / "state")
    config = {**request_of.body["config"], "schema": "modelwright.materialise/99"}
    wrong = Filled(request_of.name, "materialise", "local.Job", {"verb": "materialise", "config": config})
    jobs.start("first", wrong)
    jobs.start("second", wrong)
    executed, forked = ended(jobs, "first"), ended(jobs, "second")
    assert executed.state == forked.state == "failed"
    assert "materialise/99" in executed.reason
    assert executed.reason == forked.reason


def test_a_job_is_started_without_the_worker_when_that_was_killed(tmp_path: Path, request_of: Filled) -> None:
    jobs = LocalJobs(tmp_path / "state")
    for job in ("first", "second"):
        jobs.start(job, request_of)
        ended(jobs, job)
    os.kill(worker_of(jobs).pid, signal.SIGKILL)
    jobs.start("third", request_of)
    assert ended(jobs, "third").state == "succeeded"


def test_the_worker_ends_with_the_process_that_started_it(tmp_path: Path, request_of: Filled) -> None:
    jobs = LocalJobs(tmp_path / "state")
    for job in ("first", "second"):
        jobs.start(job, request_of)
        ended(jobs, job)
    worker = worker_of(jobs)
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(timeout=30) == 0
