"""Waiting for something by ticking: the foreground moves the platform on, and says what happens."""

from __future__ import annotations

import time
from collections.abc import Callable

from modelwright.errors import DeadlineError
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.reconcile import tick

Progress = Callable[[Step], None]
_QUICK, _SLOW = 0.05, 1.0
"""Seconds between ticks: while the platform is at work, and while only time has to pass."""


def wait_until(
    platform: LivePlatform,
    over: Callable[[], bool],
    *,
    what: str,
    timeout: float | None = None,
    on_progress: Progress | None = None,
) -> None:
    """Tick until `over()`. `timeout` is wall seconds; raises `DeadlineError` after it: what was begun goes on."""
    started = time.monotonic()
    said: dict[str, str] = {}
    while not over():
        if timeout is not None and time.monotonic() - started > timeout:
            raise DeadlineError(f"{what} is not over after {timeout:g} s", remedy="it goes on; wait for it again")
        steps = tick(platform, schedules=False)
        for step in steps:
            if on_progress is not None and said.get(step.stream) != step.text:
                said[step.stream] = step.text
                on_progress(step)
        busy, moved = any(s.busy for s in steps), any(s.moved for s in steps)
        if not moved:
            time.sleep(_QUICK if busy else _SLOW)
