"""Checkpoints of a training run: written atomically, at most one per period, and once more before a cancelled end.

A run told to stop (SIGTERM) that has checkpointed before is given a few seconds to reach its next checkpoint.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from modelwright.errors import CancelledError
from modelwright.store import DirectoryStore

LATEST = "latest"
GRACE_SECONDS = 5.0


class Stop:
    """The wish that this process ends, as SIGTERM expresses it."""

    def __init__(self) -> None:
        self.wanted = False
        self.patient = False

    def install(self) -> None:
        """Answer SIGTERM and SIGINT in this process; only its main thread may call this."""
        signal.signal(signal.SIGTERM, self._asked)
        signal.signal(signal.SIGINT, self._asked)
        signal.signal(signal.SIGALRM, self._waited)

    def _asked(self, _signal: int, _frame: FrameType | None) -> None:
        if self.wanted:
            return
        self.wanted = True
        if not self.patient:
            raise CancelledError("the run was cancelled")
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)

    def _waited(self, _signal: int, _frame: FrameType | None) -> None:
        raise CancelledError(f"the run was cancelled and reached no checkpoint within {GRACE_SECONDS:g} s")

    def obey(self) -> None:
        """Raise `CancelledError` if the process was told to end."""
        if self.wanted:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            raise CancelledError("the run was cancelled after a checkpoint")


class Checkpoints:
    """The checkpoints of one run or trial, in a directory; `period` in seconds, None for every call."""

    def __init__(self, folder: Path, *, period: float | None = None, stop: Stop | None = None) -> None:
        self.folder = folder
        self._store = DirectoryStore(folder)
        self._period = period or 0.0
        self._stop = stop or Stop()
        self._due = time.monotonic() + self._period

    def offer(self, state: bytes | Callable[[], bytes]) -> bool:
        """Write the state if a checkpoint is due or the run must end; return whether it was written.

        Raises `CancelledError` after the checkpoint of a run that was told to end.
        """
        self._stop.patient = True
        if not self._stop.wanted and time.monotonic() < self._due:
            return False
        self._store.put(LATEST, state() if callable(state) else state)
        self._due = time.monotonic() + self._period
        self._stop.obey()
        return True

    def latest(self) -> bytes | None:
        """Return the last state written by this or an earlier attempt, or None."""
        return self._store.get(LATEST)
