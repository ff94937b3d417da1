from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.training.workshop import Workshop
from tests.waiting import eventually

from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.driver.jobs import LocalJobs
from modelwright.contract.driver import Filled, JobStatus
from modelwright.errors import UsageError

ENDED = {"succeeded", "failed", "cancelled", "lost"}

FAILING = """
    def train(context):
        rows = read()

    def read():
        raise ValueError("no such flight")
"""
STUCK = """
    import time

    def train(context):
        (context.checkpoint_dir / "begun").touch()
        time.sleep(60)
"""
SECOND_TIME = """
    def double(columns):
        return columns["x"] * 2.0

    def train(context):
        import numpy as np

        before = context.resume()
        context.checkpoint(b"half way")
        if before is None:
            raise OSError("the disk went away")
        context.log_params({"resumed": before.decode()})
        rows = {"x": np.arange(5.0)}
        context.save(double, sample=rows, opt_in="callable")
"""
GREEDY = """
    def train(context):
        held = bytearray(4 << 30)
"""


def request(config: dict[str, Any], **body: Any) -> Filled:
    return Filled("job/train", "train", "local.process", {"verb": "train", "config": config, "backoff": 0.01, **body})


def ended(jobs: LocalJobs, job: str) -> JobStatus:
    def look() -> JobStatus | None:
        status = jobs.status(job)
        return status if status.state in ENDED else None

    found = eventually(look)
    assert found is not None
    return found


def processes_of(folder: Path) -> list[int]:
    """Return the processes that name this folder in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_a_job_runs_to_its_end_and_its_log_can_be_followed(workshop: Workshop, tmp_path: Path) -> None:
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(workshop.config()))

    status = ended(jobs, "job-1")

    assert status.state == "succeeded", status.reason
    assert status.started is not None
    assert status.ended is not None
    assert status.started <= status.ended
    text, offset = jobs.logs("job-1")
    assert "error=0.25" in text
    assert jobs.logs("job-1", offset) == ("", offset)
    assert workshop.result()["status"] == "succeeded"
    assert not (tmp_path / "state/jobs/job-1/scratch").exists()


def test_starting_a_job_twice_runs_it_once(workshop: Workshop, tmp_path: Path) -> None:
    jobs = LocalJobs(tmp_path / "state")
    for _ in range(3):
        jobs.start("job-1", request(workshop.config()))
    ended(jobs, "job-1")
    jobs.start("job-1", request(workshop.config()))

    assert jobs.status("job-1").state == "succeeded"
    assert jobs.logs("job-1")[0].count("error=0.25") == 1


def test_a_failure_is_explained_with_the_users_own_lines(workshop: Workshop, tmp_path: Path) -> None:
    workshop.code(FAILING)
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(workshop.config()))

    status = ended(jobs, "job-1")

    assert status.state == "failed"
    assert 'File "training.py", line 6, in read' in status.reason
    assert "ValueError: no such flight" in status.reason
    assert "modelwright/" not in status.reason


def test_a_retry_resumes_from_the_checkpoint(workshop: Workshop, tmp_path: Path) -> None:
    workshop.code(SECOND_TIME)
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(workshop.config(), retries=2))

    assert ended(jobs, "job-1").state == "succeeded"
    result = workshop.result()
    assert (result["attempt"], result["params"]) == (2, {"resumed": "half way"})
    assert json.loads((tmp_path / "state/jobs/job-1/exit.json").read_text())["attempts"] == 2


def test_retries_are_used_up_and_no_more(workshop: Workshop, tmp_path: Path) -> None:
    workshop.code(FAILING)
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(workshop.config(), retries=1))

    assert ended(jobs, "job-1").state == "failed"
    assert jobs.logs("job-1")[0].count("ValueError: no such flight") == 2


def test_a_config_that_makes_no_sense_is_not_tried_again(workshop: Workshop, tmp_path: Path) -> None:
    config = {name: value for name, value in workshop.config().items() if name != "entrypoint"}
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(config, retries=3))

    status = ended(jobs, "job-1")

    assert status.state == "failed"
    assert "the training config has no 'entrypoint'" in status.reason
    assert jobs.logs("job-1")[0].count("has no 'entrypoint'") == 1


def test_a_job_that_takes_too_long_is_stopped_and_says_so(workshop: Workshop, tmp_path: Path) -> None:
    workshop.code(STUCK)
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(workshop.config(), timeout=1.5, retries=5))

    status = ended(jobs, "job-1")

    assert status.state == "failed"
    assert "longer than its timeout of 1.5 s" in status.reason
    assert workshop.result()["status"] == "cancelled"


def test_a_cancelled_job_leaves_no_process_and_stays_cancelled(workshop: Workshop, tmp_path: Path) -> None:
    workshop.code(STUCK)
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(workshop.config()))
    eventually((workshop.control / "runs/job-1/work/checkpoint/begun").exists)
    assert jobs.status("job-1").state == "running"

    jobs.cancel("job-1")
    jobs.cancel("job-1")
    jobs.start("job-1", request(workshop.config()))

    assert jobs.status("job-1").state == "cancelled"
    assert workshop.result()["status"] == "cancelled"
    assert processes_of(tmp_path / "state") == []


def test_a_job_survives_the_death_of_the_client_that_started_it(workshop: Workshop, tmp_path: Path) -> None:
    started = f"""
import json, os, signal
from pathlib import Path
from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.driver.jobs import LocalJobs
from modelwright.contract.driver import Filled
body = {{"verb": "train", "config": json.loads({json.dumps(json.dumps(workshop.config()))})}}
LocalJobs(Path({str(tmp_path / "state")!r})).start("job-1", Filled("job/train", "train", "local.process", body))
os.kill(os.getpid(), signal.SIGKILL)
"""
    client = subprocess.run([sys.executable, "-c", started], check=False)
    assert client.returncode == -signal.SIGKILL

    assert ended(LocalJobs(tmp_path / "state"), "job-1").state == "succeeded"


def test_a_job_whose_supervisor_was_killed_is_lost_and_takes_its_workload_along(
    workshop: Workshop, tmp_path: Path
) -> None:
    workshop.code(STUCK)
    state = tmp_path / "state"
    jobs = LocalJobs(state)
    jobs.start("job-1", request(workshop.config()))
    eventually((workshop.control / "runs/job-1/work/checkpoint/begun").exists)
    supervisor = json.loads((state / "jobs/job-1/supervisor.pid.json").read_text())["pid"]

    os.kill(supervisor, signal.SIGKILL)

    assert ended(jobs, "job-1").state == "lost"
    assert eventually(lambda: processes_of(state) == [])


def test_a_job_of_which_nothing_is_left_is_lost(tmp_path: Path) -> None:
    assert LocalJobs(tmp_path).status("job-9").state == "lost"
    assert LocalJobs(tmp_path).logs("job-9") == ("", 0)
    LocalJobs(tmp_path).cancel("job-9")


def test_a_job_that_was_noted_but_never_begun_is_started_by_the_next_call(workshop: Workshop, tmp_path: Path) -> None:
    jobs = LocalJobs(tmp_path / "state")
    folder = tmp_path / "state/jobs/job-1"
    jobs.start("job-1", request(workshop.config()))
    ended(jobs, "job-1")
    eventually(lambda: not processes.alive(folder, "supervisor"))
    for name in ("attempt.json", "exit.json", "supervisor.pid.json", "log.txt"):
        (folder / name).unlink(missing_ok=True)
    assert jobs.status("job-1").state == "queued"
    long_ago = time.time() - 60
    os.utime(folder / "job.json", (long_ago, long_ago))
    assert jobs.status("job-1").state == "lost"

    jobs.start("job-1", request(workshop.config()))

    assert ended(jobs, "job-1").state == "succeeded"


def test_a_job_cannot_take_more_memory_than_its_limit(workshop: Workshop, tmp_path: Path) -> None:
    workshop.code(GREEDY)
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(workshop.config(), limits={"memory_bytes": 2 << 30}))

    status = ended(jobs, "job-1")

    assert status.state == "failed"
    assert "MemoryError" in status.reason


def test_variables_reach_the_workload(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.code("""
        import os

        def train(context):
            raise RuntimeError([os.environ[name] for name in ("OWN", "MODELWRIGHT_CLOCK", "MODELWRIGHT_ATTEMPT")])
    """)
    monkeypatch.setenv("MODELWRIGHT_CLOCK", "/clock")
    jobs = LocalJobs(tmp_path / "state")
    jobs.start("job-1", request(workshop.config(), env={"OWN": "1"}))

    assert "['1', '/clock', '1']" in ended(jobs, "job-1").reason


def test_a_log_is_cut_between_characters(tmp_path: Path) -> None:
    folder = tmp_path / "jobs/job-1"
    folder.mkdir(parents=True)
    whole = "Zürich ✈".encode()
    (folder / "log.txt").write_bytes(whole[:-1])
    jobs = LocalJobs(tmp_path)

    text, offset = jobs.logs("job-1")
    (folder / "log.txt").write_bytes(whole)

    assert (text, jobs.logs("job-1", offset)[0]) == ("Zürich ", "✈")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name for a job"):
        LocalJobs(tmp_path).status(name)


def test_a_request_without_a_known_workload_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one of: batch, evaluate, materialise, monitor, train"):
        LocalJobs(tmp_path).start("job-1", Filled("a/b", "train", "local.process", {"verb": "fly"}))
