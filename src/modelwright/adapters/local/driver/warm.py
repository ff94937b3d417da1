"""A process with the libraries of the product's own jobs loaded, from which their supervisors are forked.

Starting Python and importing numpy and DuckDB twice costs a third of a second; a monitor's work often takes less. So a
process that starts its second such job keeps a worker at the other end of a pipe. The worker ends with the pipe; what
it forked does not. Training is never forked: the user's code gets an interpreter of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NoReturn

from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.driver.supervise import Supervisor
from modelwright.adapters.local.driver.supervision import LOG, SUPERVISOR, Job

OWN = frozenset({"evaluate", "monitor", "materialise", "batch"})
"""The verbs whose code is the product's own."""

_LIBRARIES = ("numpy", "duckdb", "msgspec", "modelwright.workload.materialise", "modelwright.workload.monitor.job")
_SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A process that forks must have one thread; linear algebra libraries start theirs when they are imported."""


class Warm:
    """The client's end: a worker that is started for the second job and replaced when it is gone."""

    def __init__(self) -> None:
        self._jobs = 0
        self._worker: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path, environment: Mapping[str, str]) -> bool:
        """Have the worker fork a job's supervisor; False when that has to be done another way."""
        self._jobs += 1
        if self._jobs == 1 or sys.platform != "linux":
            return False
        worker = self._alive(environment)
        try:
            assert worker.stdin is not None, "the worker reads from a pipe"
            worker.stdin.write(json.dumps(str(folder)).encode() + b"\n")
            worker.stdin.flush()
            assert worker.stdout is not None, "the worker answers through a pipe"
            return worker.stdout.readline() == b"forked\n"
        except (BrokenPipeError, OSError):
            return False

    def _alive(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**environment, **_SINGLE},
                start_new_session=True,
            )
        return self._worker


class Forked:
    """A workload that was forked rather than executed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status, negative for a signal. Raises `subprocess.TimeoutExpired`."""
        until = None if timeout is None else time.monotonic() + timeout
        pause = 0.001
        while self._code is None:
            pid, status = os.waitpid(self.pid, 0 if until is None else os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
            elif until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired("workload", timeout or 0.0)
            else:
                time.sleep(pause)
                pause = min(pause * 1.5, 0.02)
        return self._code


def fork_workload(job: Job, config: Path, env: Mapping[str, str], limits: Callable[[], None], log: BinaryIO) -> Forked:
    """Run a job's workload in a fork of this process."""
    pid = os.fork()
    if pid == 0:
        _become(log.fileno())
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(env)
        limits()
        _end(lambda: _workload(job.verb, config))
    return Forked(pid)


def _workload(verb: str, config: Path) -> int:
    from modelwright.workload.__main__ import run_verb

    return run_verb(verb, config)


def _become(output: int) -> None:
    """Lead a session of one's own, with nothing to read and the log to write to."""
    os.setsid()
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # text streams of a process have it


def _end(work: Callable[[], int]) -> NoReturn:
    """Leave a forked process with the status of its work: nothing of the parent's is cleaned up twice."""
    code = 1
    try:
        code = work()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:  # noqa: BLE001  the end of a process: whatever it was stands in its log
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _supervise(folder: Path) -> int:
    if processes.enter(folder, SUPERVISOR):
        Supervisor(folder, fork_workload).run()
    return 0


def _fork_supervisor(folder: Path) -> None:
    if os.fork():
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with (folder / LOG).open("ab") as log:
        _become(log.fileno())
    _end(lambda: _supervise(folder))


def main() -> None:
    """Fork a supervisor for each folder that comes in, until the pipe ends."""
    for name in _LIBRARIES:
        import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for what was forked
    for line in sys.stdin.buffer:
        _fork_supervisor(Path(json.loads(line)))
        sys.stdout.buffer.write(b"forked\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
