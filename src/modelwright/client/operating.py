"""Operating: tick until told to stop, with a heartbeat that `status` reads."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from modelwright.canonical import canonical
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.reconcile import tick
from modelwright.store import DirectoryStore

HEARTBEAT = "operator.json"
_STALE_SECONDS = 30.0
_BUSY_SECONDS = 0.1


class Stop(Protocol):
    """Something like `threading.Event`."""

    def is_set(self) -> bool:
        """Return whether to stop."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until set or for `timeout` seconds."""
        ...


def operate(
    platform: LivePlatform,
    state: Path,
    stop: Stop,
    *,
    on_step: Callable[[Step], None] | None = None,
    interval: float = 1.0,
) -> None:
    """Tick until `stop` is set."""
    heartbeat = DirectoryStore(state)
    try:
        while not stop.is_set():
            heartbeat.put(HEARTBEAT, canonical({"pid": os.getpid(), "owner": platform.owner, "at": time.time()}))
            steps = tick(platform)
            for step in steps:
                if on_step is not None and (step.moved or step.failed):
                    on_step(step)
            stop.wait(_BUSY_SECONDS if any(step.busy or step.moved for step in steps) else interval)
    finally:
        heartbeat.delete(HEARTBEAT)


def operated(state: Path) -> bool:
    """Return whether some process ticks this environment now."""
    data = DirectoryStore(state).get(HEARTBEAT)
    try:
        at = float(json.loads(data or b"")["at"])
    except (ValueError, TypeError, KeyError):  # no heartbeat, or one that a full disk or a crash cut short
        return False
    return abs(time.time() - at) < _STALE_SECONDS  # from the future where the clock was set back
