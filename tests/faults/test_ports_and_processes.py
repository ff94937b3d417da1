"""Ports that somebody else has, pids that belong to somebody else, and Ctrl-C at the worst moment."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.surroundings import mw, starting, state, within, works
from tests.waiting import eventually

from modelwright.adapters.local.driver import processes


@contextmanager
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of somebody else's that says how it ended."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def _port(folder: Path) -> int:
    return int(within("outputs", "api", "url", folder=folder).out.rpartition(":")[2])


def test_an_endpoint_whose_port_was_taken_says_where_it_answers_now(serving: Path) -> None:
    before = _port(serving)
    processes.stop(state(serving) / "endpoints/api", "router")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", before))
        taken.listen()
        works("endpoint", "invoke", "--sample", folder=serving)
        now = int(json.loads((state(serving) / "endpoints/api/address.json").read_bytes())["port"])
        assert now != before
        assert f"port {before} is taken" in (state(serving) / "endpoints/api/endpoint.log").read_text()
        assert _port(serving) == now
        assert str(now) in within("status", folder=serving).out
    processes.stop(state(serving) / "endpoints/api", "router")
    works("endpoint", "invoke", "--sample", folder=serving)
    assert _port(serving) == now  # it keeps what it has


def test_two_projects_never_get_one_port(serving: Path, project: Path) -> None:
    works("up", folder=project)
    assert _port(project) != _port(serving)


@pytest.mark.parametrize("started", ["1", ""], ids=["of another start time", "cut short"])
def test_a_pid_that_belongs_to_somebody_else_now_is_never_signalled(project: Path, started: str) -> None:
    works("up", folder=project)
    folder = state(project) / "endpoints/api"
    with stranger() as other:
        note = {
            "pid": other.pid,
            "started": started,
            "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        }
        job = state(project) / "jobs/fit-1"
        job.mkdir(parents=True)
        (job / "job.json").write_text("{}")
        for path in (folder / "router.pid.json", job / "supervisor.pid.json"):
            path.write_text(json.dumps(note) if started else json.dumps(note)[:9])
        (folder / "v1-r1").mkdir()
        (folder / "v1-r1/server.pid.json").write_text(json.dumps(note))
        works("operate", "--once", folder=project)
        found = [one["found"] for one in within("doctor", "--json", folder=project).result]
        assert sum("names a process that is gone" in one for one in found) == 3
        works("destroy", "--yes", "--allow-data-loss", "foundation", folder=project)
        assert other.poll() is None
    assert not state(project).exists()


def test_a_pid_of_a_boot_before_is_never_signalled(project: Path) -> None:
    works("up", folder=project)
    with stranger() as other:
        started = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19]
        note = {"pid": other.pid, "started": started, "boot": "00000000-0000-0000-0000-000000000000"}
        (state(project) / "endpoints/api/router.pid.json").write_text(json.dumps(note))
        works("destroy", "--yes", "--allow-data-loss", "foundation", folder=project)
        assert other.poll() is None


def interrupted(process: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, str]:
    """Press Ctrl-C once and return exit status and what was said."""
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert "Traceback" not in err
    return process.returncode, err


def test_ctrl_c_while_a_run_trains_leaves_it_and_says_how_to_go_on(project: Path) -> None:
    works("up", folder=project)
    waiting = starting("train", "slow", folder=project)
    eventually((project / "begun").exists, within=120)
    status, err = interrupted(waiting)
    assert status == 8
    assert "run slow-1 goes on" in err
    assert "modelwright runs logs -f slow-1" in err
    assert "modelwright runs cancel slow-1" in err
    assert within("runs", "show", "slow-1", "--json", folder=project).result["state"] == "running"
    works("runs", "cancel", "slow-1", folder=project)


def test_ctrl_c_in_a_promotion_leaves_what_any_later_command_finishes(serving: Path) -> None:
    waiting = starting("train", "fit", "--param", "seed=1", "--promote", folder=serving)
    assert waiting.stderr is not None
    seen = ""
    for line in waiting.stderr:
        seen += line
        if "deploy" in line or "starting" in line or "registered" in line:
            break
    status, err = interrupted(waiting)
    assert status in {0, 8}, seen + err  # 0 where it was done before the key was pressed
    if status == 8:
        assert "goes on" in err or "again" in err
        assert "modelwright" in err
    eventually(lambda: "release" not in _busy(serving), within=120)
    works("endpoint", "invoke", "--sample", folder=serving)
    works("ledger", "verify", folder=serving)


def _busy(folder: Path) -> str:
    works("operate", "--once", folder=folder)
    state_now = within("endpoint", "status", "--json", folder=folder).out
    return "release" if '"rolling_out"' in state_now or '"releasing"' in state_now else ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_that_is_interrupted_holds_no_lock_and_goes_on(project: Path, number: int) -> None:
    running = starting("up", folder=project)
    assert running.stderr is not None
    running.stderr.readline()
    running.send_signal(number)
    running.communicate(timeout=120)
    assert running.returncode in {0, 8, -signal.SIGTERM, 143}, running.returncode
    works("up", folder=project)
    assert within("preview", "--expect-no-changes", folder=project).status == 0


def test_of_two_that_apply_at_once_one_is_told_who_is_first(project: Path) -> None:
    works("up", folder=project)
    lock = project / ".modelwright/.dev.lock"
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.truncate()  # the note of the `up` before may be longer
        held.write(json.dumps({"pid": os.getpid(), "since": "2026-01-01T00:00:00.000000Z"}))
        held.flush()
        said = mw("up", folder=project)
        assert said.status == 10
        assert f"pid {os.getpid()} since 2026-01-01" in said.err
        assert within("status", folder=project).status == 0
    works("up", folder=project)


def test_a_deleted_state_folder_is_said_to_be_a_new_start(project: Path) -> None:
    works("up", folder=project)
    shutil.rmtree(project / ".modelwright")
    said = mw("status", folder=project)
    assert said.status == 1
    assert "run `modelwright up`" in said.err
    works("up", folder=project)
    assert within("preview", "--expect-no-changes", folder=project).status == 0
    assert within("ledger", "verify", folder=project).status == 0
