"""What every decision is made with: the record, the ledger, the driver and the clock."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from modelwright.clock import Clock
from modelwright.contract.driver import Driver
from modelwright.ledger.stream import Ledger, Stream
from modelwright.lifecycle.record import Record
from modelwright.store import Store


def _owner() -> str:
    return f"{os.getpid()}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True)
class LivePlatform:
    """An applied environment, opened for one process that may decide."""

    record: Record
    store: Store
    ledger: Ledger
    driver: Driver
    clock: Clock
    owner: str = field(default_factory=_owner)
    """Names this process in the claims it makes on steps."""

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
