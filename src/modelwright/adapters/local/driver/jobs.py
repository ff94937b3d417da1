"""Jobs on this machine: each a detached supervisor with one workload process under it, known by files in its folder.

`job.json` what was asked · `config.json` the workload's config · `attempt.json` since when which attempt runs ·
`log.txt` everything printed · `exit.json` how it ended. The client may be killed at any moment: the next one reads the
same files.
"""

from __future__ import annotations

import codecs
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.driver.secrets import revealed
from modelwright.adapters.local.driver.supervision import (
    ATTEMPT,
    CONFIG,
    EXIT,
    GRACE_SECONDS,
    JOB,
    LOG,
    SUPERVISOR,
    Exit,
    Job,
)
from modelwright.adapters.local.driver.warm import OWN, Warm
from modelwright.canonical import canonical, parse_timestamp, read_document, read_object, timestamp
from modelwright.clock import VARIABLE as CLOCK
from modelwright.contract.driver import Filled, JobStatus
from modelwright.errors import UsageError
from modelwright.store import DirectoryStore

_LOG_CHUNK = 1 << 20
_STARTING_SECONDS = 30.0
_DAMAGED = "restore it from a copy, or remove the job's folder: the run is then lost and can be started again"
_VERBS = frozenset({"train", "evaluate", "monitor", "materialise", "batch"})


class LocalJobs:
    """The jobs of one environment, in `<state>/jobs/<job>/`."""

    def __init__(self, state: Path, clock: Path | None = None) -> None:
        self._root = state.absolute() / "jobs"
        self._clock = {CLOCK: str(clock)} if clock is not None else {}
        self._warm = Warm()

    def start(self, job: str, request: Filled) -> None:
        """Start a job; a job of this id that was started before is left as it is.

        Raises `UsageError` for an id that is no folder name and for a body that names no workload.
        """
        folder = self._folder(job)
        store = DirectoryStore(folder)
        if store.get(JOB) is None:
            asked = _asked(job, request)
            store.put(CONFIG, canonical(request.body.get("config", {})))
            store.create(JOB, canonical(asked.to_json()))
        if store.get(EXIT) is None and store.get(ATTEMPT) is None:
            self._supervise(folder, str(request.body.get("verb")))

    def _supervise(self, folder: Path, verb: str) -> None:
        environment = {**os.environ, **self._clock}
        if verb in OWN and self._warm.start(folder, environment):
            return
        processes.spawn(
            [sys.executable, "-m", "modelwright.adapters.local.driver.supervise", str(folder)],
            folder=folder,
            name=SUPERVISOR,
            env=environment,
            log=folder / LOG,
        )

    def status(self, job: str) -> JobStatus:
        """Return a job's state; `lost` for one that was started and of which nothing is left."""
        folder = self._folder(job)
        # Looked at first: a supervisor that had noted its attempt by now is alive below, or has left its exit.
        starting = self._is_starting(folder)
        if self._exit(folder) is None and processes.alive(folder, SUPERVISOR):
            started = self._started(folder)
            return JobStatus("running" if started else "queued", started=started)
        ended = self._exit(folder)
        if ended is not None:
            return JobStatus(ended.state, ended.reason, ended.started, ended.ended)
        if starting:
            return JobStatus("queued")
        reason = "its process is gone and left no exit" if folder.is_dir() else "nothing is left of it"
        return JobStatus("lost", reason, started=self._started(folder))

    def cancel(self, job: str) -> None:
        """Stop a job; no error when it has ended. Waits until its processes are gone."""
        folder = self._folder(job)
        if not folder.is_dir() or self._exit(folder) is not None:
            return
        processes.stop(folder, SUPERVISOR, grace=GRACE_SECONDS + 5.0)
        now = datetime.now(UTC)
        ended = Exit("cancelled", "cancelled", self._started(folder) or now, now)
        DirectoryStore(folder).create(EXIT, canonical(ended.to_json()))

    def logs(self, job: str, offset: int = 0) -> tuple[str, int]:
        """Return the log's text from a byte offset (at most 1 MiB of it), and the offset to go on from."""
        try:
            with (self._folder(job) / LOG).open("rb") as file:
                file.seek(offset)
                data = file.read(_LOG_CHUNK)
        except FileNotFoundError:
            return "", offset
        whole = data[: _whole_characters(data)]
        return whole.decode("utf-8", "replace"), offset + len(whole)

    def _folder(self, job: str) -> Path:
        if not job or job.startswith(".") or Path(job).name != job:
            raise UsageError(f"{job!r} is no name for a job", remedy="use letters, digits, '-', '_' and '.'")
        return self._root / job

    @staticmethod
    def _exit(folder: Path) -> Exit | None:
        data = DirectoryStore(folder).get(EXIT)
        if data is None:
            return None
        return Exit.from_json(read_document(data, "exit", 1, where=str(folder / EXIT), remedy=_DAMAGED))

    @staticmethod
    def _started(folder: Path) -> datetime | None:
        data = DirectoryStore(folder).get(ATTEMPT)
        if data is None:
            return None
        document = read_object(data, where=str(folder / ATTEMPT), needs=("since",), remedy=_DAMAGED)
        return parse_timestamp(document["since"])

    @staticmethod
    def _is_starting(folder: Path) -> bool:
        """Tell a job that another process is just starting from one that is lost."""
        file = folder / JOB
        if not file.exists() or (folder / ATTEMPT).exists():
            return False
        return abs(time.time() - file.stat().st_mtime) < _STARTING_SECONDS  # or the clock was set back since


def _asked(job: str, request: Filled) -> Job:
    body: Mapping[str, Any] = request.body
    verb = body.get("verb")
    if verb not in _VERBS:
        raise UsageError(f"{request.name} names the workload {verb!r}", remedy=f"one of: {', '.join(sorted(_VERBS))}")
    limits = body.get("limits") or {}
    env = body.get("env") or {}
    revealed(env)  # a secret that is not known here is an error before anything starts; its content is not kept
    return Job(
        job=job,
        request=request.name,
        verb=str(verb),
        python=str(body.get("python") or sys.executable),
        env=env,
        timeout=None if body.get("timeout") is None else float(body["timeout"]),
        retries=int(body.get("retries") or 0),
        backoff=float(body.get("backoff", 1.0)),
        memory_bytes=limits.get("memory_bytes"),
        cpu_seconds=limits.get("cpu_seconds"),
        asked=timestamp(datetime.now(UTC)),
    )


def _whole_characters(data: bytes) -> int:
    """Return how many leading bytes end with a whole UTF-8 character (bytes that are no UTF-8 count as whole)."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(data)
    pending, _ = decoder.getstate()
    return len(data) - len(pending)
