"""What the story of a model in service is told from: plain series, filled in by whoever has read the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelwright.report.values import Marker


@dataclass(frozen=True, slots=True)
class Window:
    """A monitor's result for one window and version. `value` is None where the window was insufficient.

    `threshold` is the one that held for this version: an automatic one comes from the version's own reference.
    """

    start: datetime
    end: datetime
    version: int
    status: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    rows: int = 0
    matched: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One performance metric over all windows."""

    metric: str
    windows: tuple[Window, ...]
    threshold: float | None = None
    below_is_bad: bool = True


@dataclass(frozen=True, slots=True)
class Drifted:
    """One column's drift over all windows; `false_alarms` is the share of reference windows above the threshold."""

    column: str
    method: str
    windows: tuple[Window, ...]
    false_alarms: float | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """The shares (percent, by version) that hold from a moment on."""

    at: datetime
    release: int
    shares: Mapping[str, float]
    mirrored: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: what, when, by whom, why, and the evidence. `mood` is `good`, `bad` or empty."""

    at: datetime
    what: str
    why: str = ""
    evidence: str = ""
    by: str = ""
    source: str = ""
    mood: str = ""


@dataclass(frozen=True, slots=True)
class Released:
    """One release of an endpoint."""

    number: int
    versions: str
    state: str
    planned: datetime
    live: datetime | None = None
    ended: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoryData:
    """Everything that the page shows."""

    title: str
    subtitle: str
    start: datetime
    end: datetime
    facts: tuple[tuple[str, str], ...] = ()
    measured: tuple[Measured, ...] = ()
    drifted: tuple[Drifted, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    decisions: tuple[Decided, ...] = ()
    releases: tuple[Released, ...] = ()
    markers: tuple[Marker, ...] = ()
    footer: str = ""
