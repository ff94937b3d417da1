"""Something that happens by the clock: which request is made when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelwright.spec.endpoint import Endpoint
from modelwright.spec.feature_store import FeatureStore
from modelwright.spec.monitor import Monitor
from modelwright.spec.project import Resolved


@dataclass(frozen=True, slots=True)
class Schedule:
    """`request` is made when a five-field `cron` says so in `timezone`; `part` tells schedules of one owner apart."""

    owner: str
    cron: str
    timezone: str
    request: str
    part: str = ""


def schedules(project: Resolved) -> Iterator[Schedule]:
    """Yield the schedules of a project: views that refresh, batch endpoints, monitors."""
    for store in project.inventory.of(FeatureStore):
        for view in store.views:
            if view.refresh:
                request = f"{store.name}.{view.name}/materialise"
                yield Schedule(store.name, view.refresh.text, view.timezone, request, view.name)
    for endpoint in project.inventory.of(Endpoint):
        if endpoint.schedule:
            yield Schedule(endpoint.name, endpoint.schedule.text, endpoint.timezone, f"{endpoint.name}/batch")
    for monitor in project.inventory.of(Monitor):
        yield Schedule(monitor.name, monitor.schedule.text, monitor.timezone, f"{monitor.name}/monitor")
