"""Wait for a real process, and only as long as it takes: bounded polling, the one place where tests sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds: far beyond what a loaded machine with two cores needs, far below a test's own timeout."""


def eventually(check: Callable[[], T], *, within: float = PATIENCE, every: float = 0.02) -> T:
    """Return the first true result of `check`, asked again and again for `within` seconds.

    A check that raises `AssertionError`, `OSError` or `LookupError` is asked again like a false one; the last such
    error is the cause of the `AssertionError` that is raised when time is up. Any other error ends the waiting at once.
    """
    deadline = time.monotonic() + within
    while True:
        failure: Exception | None = None
        result: T | None = None
        try:
            result = check()
        except (AssertionError, OSError, LookupError) as error:
            failure = error
        if failure is None and result:
            return result
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within:g} s; last seen: {failure or result!r}") from failure
        time.sleep(every)
