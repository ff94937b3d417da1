"""Who does what: one identity per duty, with what it may read and write and nothing else (CONTRACTS §3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from modelwright.contract.workload.features import views_served
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.monitor import Monitor
from modelwright.spec.project import Resolved
from modelwright.spec.training import TrainingJob

Role = Literal["operator", "approver", "labeller", "trainer", "server", "monitor"]
CONTROL = ""
"""Names the control store where a grant names a data or feature store."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A right on everything below a prefix of a store; `create` may add objects and change none."""

    right: Literal["read", "create", "write"]
    prefix: str
    store: str = CONTROL


@dataclass(frozen=True, slots=True)
class Duty:
    """One identity to be made: its role, the resource that it serves, and its grants."""

    role: Role
    resource: str = ""
    grants: tuple[Grant, ...] = ()

    @property
    def name(self) -> str:
        """The name in the record: `operator`, `trainer/train-delay`."""
        return f"{self.role}/{self.resource}" if self.resource else self.role


def duties(project: Resolved) -> Iterator[Duty]:
    """Yield every duty that a project needs done."""
    inventory = project.inventory
    streams = (f"ledger/v1/{kind}/" for kind in ("training", "model", "endpoint", "monitor"))
    yield Duty("operator", grants=(Grant("read", ""), *_create(*streams)))
    yield Duty("approver", grants=(Grant("read", ""), *_create("ledger/v1/approval/")))
    yield Duty("labeller", grants=tuple(_create(*(f"truth/{item.name}/" for item in inventory.of(Endpoint)))))
    for job in inventory.of(TrainingJob):
        inputs = [Grant("read", path.path, path.store) for path in job.inputs.values()]
        views = [Grant("read", f"features/{view.view}", view.store) for view in job.features]
        yield Duty("trainer", job.name, (*inputs, *views, *_create("runs/")))
    for endpoint in inventory.of(Endpoint):
        stores = dict.fromkeys(view.store for view in views_served(project, endpoint))
        online = [Grant("read", "", store) for store in stores]
        capture = _create(f"capture/{endpoint.name}/")
        yield Duty("server", endpoint.name, (Grant("read", "models/"), *online, *capture))
    for monitor in inventory.of(Monitor):
        watched = monitor.endpoint.name
        prefixes = (f"capture/{watched}/", f"truth/{watched}/", "profiles/", "models/", f"results/{monitor.name}/")
        reads = [Grant("read", prefix) for prefix in prefixes]
        yield Duty("monitor", monitor.name, (*reads, *_create(f"results/{monitor.name}/")))


def _create(*prefixes: str) -> Iterator[Grant]:
    return (Grant("create", prefix) for prefix in prefixes)
