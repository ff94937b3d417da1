"""What a check found: one finding per result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelwright.workload.monitor.result import Status

NO_BASELINE = "the version has no reference profile"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding; `column` is set for checks that find one thing per column, `said` adds to the check's declaration."""

    status: Status
    value: float | None = None
    interval: tuple[float, float] | None = None
    message: str = ""
    column: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)


def judged(*, violated: bool) -> Status:
    """Return the status of a value that could be computed."""
    return "violated" if violated else "ok"


def insufficient(message: str, *, column: str | None = None, said: Mapping[str, Any] | None = None) -> Finding:
    """Return the finding that nothing can be said, and why."""
    return Finding("insufficient", message=message, column=column, said=said or {})
