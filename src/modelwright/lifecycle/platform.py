"""What every decision is made with: the record, the ledger, the driver and the clock."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from modelwright.clock import Clock
from modelwright.contract.driver import Driver
from modelwright.ledger.stream import Ledger, Stream
from modelwright.lifecycle.record import Record, read_record
from modelwright.store import Store


def _owner() -> str:
    return f"{socket.gethostname()}/{os.getpid()}-{uuid.uuid4().hex[:8]}"


def is_gone(owner: str) -> bool:
    """Return whether the process that a claim names ended; False for one of another machine, whose end nobody sees."""
    host, _, process = owner.rpartition("/")
    pid = process.partition("-")[0]
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@dataclass(frozen=True, slots=True)
class Opened:
    """A record and the driver that was opened for it."""

    record: Record
    driver: Driver


@dataclass
class LivePlatform:
    """An applied environment, opened for one process that may decide.

    Another process may apply the project meanwhile: `refresh` reads the record again, so that nobody goes on
    releasing what was declared before.
    """

    store: Store
    ledger: Ledger
    clock: Clock
    open: Callable[[Record], Driver]
    environments: Callable[[str], LivePlatform]
    owner: str = field(default_factory=_owner)
    """Names this process in the claims it makes on steps."""
    _opened: Opened | None = field(default=None, init=False, repr=False)

    def refresh(self) -> LivePlatform:
        """Read the record again if it was written since. Raises `NotAppliedError` when there is none."""
        known = self._opened
        record = read_record(self.store, known.record if known is not None else None)
        if known is None or record is not known.record:
            self._opened = Opened(record, self.open(record))
            self.ledger.platform = record.digest
        return self

    @property
    def record(self) -> Record:
        """The platform record as last read."""
        return self._as_opened().record

    @property
    def driver(self) -> Driver:
        """The driver opened for the record."""
        return self._as_opened().driver

    def _as_opened(self) -> Opened:
        if self._opened is None:
            self.refresh()
        assert self._opened is not None, "a refreshed platform is open"
        return self._opened

    def elsewhere(self, environment: str) -> LivePlatform:
        """Return another environment of the project. Raises `NotAppliedError` when it was never applied."""
        return self.environments(environment).refresh()

    def now(self) -> datetime:
        """Return the time of decisions."""
        return self.clock.now()

    @staticmethod
    def wall() -> float:
        """Return wall time in seconds, for claims and timeouts, which never follow a replay clock."""
        return time.time()

    def training(self, job: str) -> Stream:
        """Return the stream of a training job."""
        return self.ledger.stream(f"training/{job}")

    def model(self, model: str) -> Stream:
        """Return the stream of a model."""
        return self.ledger.stream(f"model/{model}")

    def approval(self, model: str) -> Stream:
        """Return the stream of a model's approvals."""
        return self.ledger.stream(f"approval/{model}")

    def endpoint(self, endpoint: str) -> Stream:
        """Return the stream of an endpoint."""
        return self.ledger.stream(f"endpoint/{endpoint}")

    def monitor(self, monitor: str) -> Stream:
        """Return the stream of a monitor."""
        return self.ledger.stream(f"monitor/{monitor}")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a tick did or waits for: the stream, a sentence, and whether the platform is at work on it."""

    stream: str
    text: str
    busy: bool = False
    moved: bool = False
    failed: bool = False
