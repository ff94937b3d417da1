"""The supervisor of one local job: runs its workload within time and memory, again where it may, and notes the end.

`python -m modelwright.adapters.local.driver.supervise <folder of the job>`
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import BinaryIO, Protocol

from modelwright.adapters.local.driver.processes import MARK
from modelwright.adapters.local.driver.secrets import PREFIX as SECRETS
from modelwright.adapters.local.driver.secrets import confidential, known_secrets, revealed
from modelwright.adapters.local.driver.supervision import (
    ATTEMPT,
    CONFIG,
    EXIT,
    GRACE_SECONDS,
    JOB,
    LOG,
    SCRATCH,
    EndState,
    Exit,
    Job,
)
from modelwright.canonical import canonical, timestamp
from modelwright.errors import CancelledError, UsageError
from modelwright.masking import Mask
from modelwright.store import DirectoryStore

_LONGEST_PAUSE = 30.0
_LOG_LINES = 12
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Child(Protocol):
    """A started workload, as `subprocess.Popen` and `warm.Forked` are."""

    @property
    def pid(self) -> int:
        """The process, which leads a session of its own."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit status. Raises `subprocess.TimeoutExpired`."""
        ...


Launch = Callable[[Job, Path, Mapping[str, str], Callable[[], None], BinaryIO], Child]
"""Starts the workload of a job with a config, an environment, limits to take and a log; may raise `OSError`."""


class Supervisor:
    """One job's attempts, until one succeeds, the retries or the time are used up, or it is cancelled."""

    def __init__(self, folder: Path, launch: Launch | None = None) -> None:
        self._launch = launch or _execute
        self._folder = folder
        self._store = DirectoryStore(folder)
        self._job = Job.from_json(json.loads(self._store.get(JOB) or b"{}"))
        self._until = time.monotonic() + (self._job.timeout or float("inf"))
        self._cancelled = False
        self._timed_out = False

    def run(self) -> Exit:
        """Run the job to its end and return how it ended; `exit.json` is written, the scratch folder is gone."""
        signal.signal(signal.SIGTERM, self._cancel)
        started = datetime.now(UTC)
        code, attempts = 0, 0
        while True:
            attempts += 1
            since = {"attempt": attempts, "since": timestamp(started)}
            self._store.put(ATTEMPT, canonical(since))
            code = self._attempt(attempts)
            if not self._may_try_again(code, attempts):
                break
        state, reason = self._verdict(code)
        ended = Exit(state, reason, started, datetime.now(UTC), code, attempts)
        shutil.rmtree(self._folder / SCRATCH, ignore_errors=True)
        self._store.create(EXIT, canonical(ended.to_json()))
        return ended

    def _cancel(self, _signal: int, _frame: FrameType | None) -> None:
        self._cancelled = True

    @property
    def _late(self) -> bool:
        return time.monotonic() >= self._until

    def _may_try_again(self, code: int, attempts: int) -> bool:
        final = {0, UsageError.exit_status, CancelledError.exit_status}
        if code in final or self._cancelled or self._late or attempts > self._retries(code):
            return False
        until = min(time.monotonic() + min(self._job.backoff * 2 ** (attempts - 1), _LONGEST_PAUSE), self._until)
        while time.monotonic() < until and not self._cancelled:
            time.sleep(0.02)
        return not self._cancelled and not self._late

    def _retries(self, code: int) -> int:
        """Return how often to try again: at least once where a job that may run twice was killed from outside."""
        killed = code == -signal.SIGKILL and self._job.verb != "train"
        return max(self._job.retries, int(killed))

    def _attempt(self, number: int) -> int:
        scratch = self._folder / SCRATCH
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        # The mark finds the supervisor; its child must not be taken for it.
        inherited = {name: value for name, value in os.environ.items() if name != MARK and not name.startswith(SECRETS)}
        own = {"PYTHONUNBUFFERED": "1", "MODELWRIGHT_SCRATCH": str(scratch), "MODELWRIGHT_ATTEMPT": str(number)}
        env = {**inherited, **own, **revealed(self._job.env), **confidential(self._job.env)}
        with (self._folder / LOG).open("ab") as log:
            try:
                child = self._launch(self._job, self._folder / CONFIG, env, _limits(self._job), log)
            except OSError as error:
                log.write(f"{self._job.python} cannot be started: {error}\n".encode())
                return UsageError.exit_status
        return self._watch(child)

    def _watch(self, child: Child) -> int:
        while not self._cancelled and not self._late:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return _swept(child, child.wait(timeout=min(0.5, max(self._until - time.monotonic(), 0.001))))
        self._timed_out = not self._cancelled
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return _swept(child, child.wait(timeout=GRACE_SECONDS))
        _signal_group(child.pid, signal.SIGKILL)
        return child.wait()

    def _verdict(self, code: int) -> tuple[EndState, str]:
        if code == 0:
            return "succeeded", ""
        if self._timed_out:
            return "failed", f"it took longer than its timeout of {self._job.timeout:g} s and was stopped"
        if self._cancelled or code == CancelledError.exit_status:
            return "cancelled", "cancelled"
        tail = self._log_tail()
        return "failed", f"{_ending(code)}; its log ends:\n{tail}" if tail else f"{_ending(code)}; its log is empty"

    def _log_tail(self) -> str:
        with (self._folder / LOG).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - 8192, 0))
            tail = "\n".join(file.read().decode("utf-8", "replace").splitlines()[-_LOG_LINES:])
        return Mask(known_secrets(self._job.env).values()).text(tail)


def _execute(job: Job, config: Path, env: Mapping[str, str], limits: Callable[[], None], log: BinaryIO) -> Child:
    return subprocess.Popen(
        [job.python, "-m", "modelwright.workload", job.verb, "--config", str(config)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=env,
        start_new_session=True,
        preexec_fn=limits,  # noqa: PLW1509  this process has a single thread
    )


def _ending(code: int) -> str:
    if code >= 0:
        return f"it ended with exit status {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"it was ended by {name}" + (" (out of memory?)" if -code == signal.SIGKILL else "")


def _swept(child: Child, code: int) -> int:
    """Leave no process of the group behind when its leader has ended."""
    _signal_group(child.pid, signal.SIGKILL)
    return code


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _limits(job: Job) -> Callable[[], None]:
    """Return what the child does before it becomes the workload: take its limits, and end with its supervisor."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def apply() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if job.memory_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (job.memory_bytes, job.memory_bytes))
        if job.cpu_seconds:
            resource.setrlimit(resource.RLIMIT_CPU, (job.cpu_seconds, job.cpu_seconds))

    return apply


if __name__ == "__main__":
    Supervisor(Path(sys.argv[1])).run()
