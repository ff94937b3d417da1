"""What a driver must do: perform filled requests on one platform, and say what is really there.

A driver decides nothing. It is handed a `Filled` request (a request of the record whose slots have values), performs
it idempotently, and reports. Deciding is `lifecycle`'s work. Every method may raise `ProviderError` (terminal) or
`TransientError` (the same call may succeed later).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.changes import Change
from modelwright.store import Store

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled", "lost"]
DeploymentState = Literal["starting", "ready", "failed", "gone"]


@dataclass(frozen=True, slots=True)
class Filled:
    """A request of the record whose slots all have values."""

    name: str
    purpose: str
    operation: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What the platform says of one job; `reason` explains a failure in a sentence, with the user's own lines."""

    state: JobState
    reason: str = ""
    started: datetime | None = None
    ended: datetime | None = None


class Jobs(Protocol):
    """Runs training, evaluation, monitor, materialisation and batch jobs, each known by the id its caller chose."""

    def start(self, job: str, request: Filled) -> None:
        """Start a job; a job of this id that was started before is left as it is."""
        ...

    def status(self, job: str) -> JobStatus:
        """Return a job's state; `lost` for one that was started and of which nothing is left."""
        ...

    def cancel(self, job: str) -> None:
        """Stop a job; no error when it has ended."""
        ...

    def logs(self, job: str, offset: int = 0) -> tuple[str, int]:
        """Return the log's text from a byte offset, and the offset to go on from."""
        ...


@dataclass(frozen=True, slots=True)
class Deployment:
    """One version of one release, as the platform sees it. `name` is the variant, such as `v7-r12`."""

    name: str
    state: DeploymentState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ServingStatus:
    """What really serves behind an endpoint: deployments, applied weights (sum 100 or empty), mirrored fractions."""

    deployments: tuple[Deployment, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)
    mirror: Mapping[str, float] = field(default_factory=dict)
    url: str = ""


class Serving(Protocol):
    """Puts versions behind endpoints."""

    def deploy(self, endpoint: str, variant: str, request: Filled) -> None:
        """Start serving a variant without traffic; returns before it is ready. The same variant twice is one."""
        ...

    def set_traffic(self, endpoint: str, weights: Mapping[str, int], mirror: Mapping[str, float]) -> None:
        """Make these the weights (integers, sum 100) and mirrored fractions (0..1) at once; return when applied."""
        ...

    def status(self, endpoint: str) -> ServingStatus:
        """Return what really is there."""
        ...

    def flush(self, endpoint: str) -> None:
        """Make all that was captured so far readable in the control store; no error when nothing serves."""
        ...

    def retire(self, endpoint: str, variant: str) -> None:
        """Drain and remove a variant that has no traffic; no error when it is gone."""
        ...

    def stop(self, endpoint: str) -> None:
        """Remove everything behind the endpoint; no error when there is nothing."""
        ...

    def invoke(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request to the endpoint's address; return status, headers (lower case) and body."""
        ...

    def logs(self, endpoint: str, offset: int = 0) -> tuple[str, int]:
        """Return the merged log's text from an offset, and the offset to go on from."""
        ...


@dataclass(frozen=True, slots=True)
class Measure:
    """What clients saw of one variant in an interval. Latencies in milliseconds; NaN without requests."""

    requests: int = 0
    errors: int = 0
    p50_ms: float = float("nan")
    p99_ms: float = float("nan")

    @property
    def error_rate(self) -> float:
        """Share of requests answered 5xx or not at all; 0 without requests."""
        return self.errors / self.requests if self.requests else 0.0


class Measures(Protocol):
    """Reads how variants did."""

    def read(self, endpoint: str, since: datetime, until: datetime) -> Mapping[str, Measure]:
        """Return the measure of each variant for `since <= t < until` on the clock of decisions; mirrored ones too."""
        ...


@dataclass(frozen=True, slots=True)
class OnlineRow:
    """One row of a view: the entity's keys, when it was true, and the features."""

    keys: Mapping[str, str | int]
    event_time: datetime
    features: Mapping[str, Any]


class Online(Protocol):
    """The online side of a feature store; TTL is answered by the reader, so it holds on every platform."""

    def write(self, view: str, rows: Sequence[OnlineRow]) -> int:
        """Write rows where they are newer than what is there; return how many were."""
        ...

    def get(self, view: str, keys: Sequence[Mapping[str, str | int]]) -> list[OnlineRow | None]:
        """Return the row of each key, in order, None where there is none."""
        ...

    def delete(self, view: str, keys: Sequence[Mapping[str, str | int]]) -> int:
        """Remove keys; return how many were there."""
        ...

    def freshness(self, view: str) -> datetime | None:
        """Return the newest event time in a view."""
        ...

    def count(self, view: str) -> int:
        """Return the number of keys in a view."""
        ...


class Progress(Protocol):
    """Told what happens while a platform is applied."""

    def __call__(self, name: str, state: Literal["start", "done", "unchanged", "failed"], detail: str = "") -> None:
        """Say what became of a resource."""
        ...


class Platform(Protocol):
    """Applies assemblies where no engine does it (adapters that need one leave `Driver.platform` out)."""

    def plan(self, assembly: Assembly) -> tuple[Change, ...]:
        """Return what `apply` would change, comparing with the record and with what really is there."""
        ...

    def apply(self, assembly: Assembly, *, allow_data_loss: frozenset[str], progress: Progress) -> Mapping[str, Any]:
        """Make it so, write the record last, and return the record. Resumable after a kill at any moment."""
        ...

    def destroy(self, *, allow_data_loss: frozenset[str], progress: Progress) -> None:
        """Remove what was made, in reverse; the record goes last."""
        ...


@dataclass(frozen=True, slots=True)
class Driver:
    """One platform's driver for one environment, opened from its record."""

    store: Store
    jobs: Jobs
    serving: Serving
    measures: Measures
    online: Callable[[str], Online]
    notify: Callable[[str, Mapping[str, Any]], None]
    """`notify(target, message)`: sends an alert to `email:<address>`, `webhook:<secret name>` or the outbox."""
