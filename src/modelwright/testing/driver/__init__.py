"""Tries a driver on its real platform: jobs, serving, measures, stores, each as `contract/driver.py` promises it."""

from __future__ import annotations

from modelwright.testing.driver import jobs, serving, stores
from modelwright.testing.driver.applied import Applied, applied
from modelwright.testing.driver.check import DriverCheck

__all__ = ["Applied", "DriverCheck", "applied", "driver_checks"]


def driver_checks() -> tuple[DriverCheck, ...]:
    """Return every check of a driver; each is called with what `applied` yields, in any order."""
    return (*stores.checks(), *jobs.checks(), *serving.checks())
