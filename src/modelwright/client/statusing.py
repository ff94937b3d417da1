"""The state of everything declared, in one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.client.html import definition_list, table
from modelwright.client.monitors import monitor_status
from modelwright.client.operating import operated
from modelwright.client.tables import frame
from modelwright.contract.driver import ServingStatus
from modelwright.errors import (
    FormatVersionError,
    IntegrityError,
    NotAppliedError,
    NotFoundError,
    ProviderError,
    TransitionError,
    did_you_mean,
)
from modelwright.lifecycle.planning import awaited, satisfied, verb_to_release, wanted_by
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import model_state
from modelwright.lifecycle.release import EndpointState
from modelwright.lifecycle.rollout import next_step
from modelwright.lifecycle.serving import endpoint_state, verb_to_mend
from modelwright.lifecycle.training import training_state

if TYPE_CHECKING:
    from pandas import DataFrame

    from modelwright.client.client import Client


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """One declared resource: its state in a word, and what there is to say."""

    name: str
    kind: str
    state: str
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """Return the status as JSON."""
        return {"name": self.name, "kind": self.kind, "state": self.state, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Status:
    """The state of an environment."""

    project: str
    environment: str
    adapter: str
    resources: tuple[ResourceStatus, ...]
    schedules: tuple[str, ...]
    operated: bool

    def resource(self, name: str) -> ResourceStatus:
        """Return the status of one resource. Raises `NotFoundError`."""
        found = {resource.name: resource for resource in self.resources}
        if name not in found:
            raise NotFoundError(f"there is no resource {name!r}", remedy=did_you_mean(name, found))
        return found[name]

    @property
    def unattended(self) -> bool:
        """Whether there are schedules and nothing operates them."""
        return bool(self.schedules) and not self.operated

    def to_dict(self) -> dict[str, Any]:
        """Return the status as JSON."""
        return {
            "project": self.project,
            "environment": self.environment,
            "adapter": self.adapter,
            "resources": [resource.to_dict() for resource in self.resources],
            "schedules": list(self.schedules),
            "operated": self.operated,
        }

    def to_pandas(self) -> DataFrame:
        """Return one row per resource."""
        return frame([resource.to_dict() for resource in self.resources])

    def _repr_html_(self) -> str:
        return table(f"{self.project} ({self.environment})", [resource.to_dict() for resource in self.resources])


def shown(client: Client) -> str:
    """Return a client as a notebook shows it: the state of its environment, also before the first `up`."""
    try:
        return client.status()._repr_html_()
    except NotAppliedError as error:
        return definition_list(
            f"{client.project} ({client.environment})", {"state": error.message, "next": error.remedy}
        )


def status(platform: LivePlatform, state: Path) -> Status:
    """Return the state of everything declared. Reads; moves nothing."""
    record = platform.record
    resources = tuple(_resource(platform, name, document) for name, document in record.desired.items())
    scheduled = [name for name, d in record.desired.items() if d.get("schedule")]
    views = [
        f"{name}.{view['name']}"
        for name, document in record.of_kind("feature_store").items()
        for view in document["views"]
        if view.get("refresh")
    ]
    adapter = str(record.document["adapter"])
    return Status(record.project, record.environment, adapter, resources, tuple(scheduled + views), operated(state))


def outputs(platform: LivePlatform) -> dict[str, dict[str, Any]]:
    """Return what each resource offers; an endpoint's address as it is now, which a taken port may have moved."""
    offered = {name: dict(values) for name, values in platform.record.outputs.items()}
    for name in platform.record.of_kind("endpoint"):
        if "url" in offered.get(name, {}):
            offered[name]["url"] = observed(platform, name).url or offered[name]["url"]
    return offered


def _resource(platform: LivePlatform, name: str, document: Mapping[str, Any]) -> ResourceStatus:
    kind = str(document["kind"])
    try:
        word, detail = _DESCRIPTIONS.get(kind, _plain)(platform, name)
    except (
        FormatVersionError,
        IntegrityError,
        ProviderError,
        TransitionError,
    ) as error:  # one bad stream hides no other resource
        word, detail = "unreadable", str(error)
    return ResourceStatus(name, kind, word, detail)


def _plain(platform: LivePlatform, name: str) -> tuple[str, str]:
    return "applied", str(platform.record.outputs.get(name, {}).get("uri", ""))


def _training(platform: LivePlatform, name: str) -> tuple[str, str]:
    runs = list(training_state(platform, name).runs.values())
    if not runs:
        return "no runs", f"next: modelwright train {name}"
    last = runs[-1]
    metrics = ", ".join(f"{key} {value:.4g}" for key, value in list(last.metrics.items())[:3])
    return last.state, f"{len(runs)} run{'s' if len(runs) > 1 else ''}; {last.run} {metrics}".strip()


def _registry(platform: LivePlatform, name: str) -> tuple[str, str]:
    parts = []
    for model, document in platform.record.models.items():
        if document["registry"] == name:
            state = model_state(platform, model)
            aliases = ", ".join(f"{alias} {number}" for alias, number in sorted(state.aliases.items()))
            count = len(state.versions)
            parts.append(f"{model}: {count} version{'s' if count != 1 else ''}{'; ' + aliases if aliases else ''}")
    return "applied", " | ".join(parts)


def _endpoint(platform: LivePlatform, name: str) -> tuple[str, str]:
    state = endpoint_state(platform, name)
    seen = observed(platform, name)
    url = seen.url or str(platform.record.outputs.get(name, {}).get("url", ""))
    if state.moving is not None:
        step = next_step(state.moving)
        return state.moving.state.replace("_", " "), f"release {state.moving.number}: {step or 'going live'}; {url}"
    if state.current is None:
        return _unreleased(platform, name, state)
    weights = state.traffic.weights if state.traffic else {}
    if said := _broken(platform, name, state, seen):
        return said
    shares = ", ".join(f"{variant} {weight} %" for variant, weight in weights.items())
    return "live", f"release {state.current.number}: {shares}; {url}{_outdated(platform, name, state)}"


def _outdated(platform: LivePlatform, name: str, state: EndpointState) -> str:
    """Say that what is declared is not yet what serves, and the command that releases it; nothing where it is."""
    wanted = wanted_by(platform, name)
    if wanted is None or satisfied(state, wanted):
        return ""
    champions = [(r.partition("@")[0], n) for r, n in wanted["targets"].items() if r.endswith("@champion")]
    verb = f"modelwright model promote {champions[0][0]}:{champions[0][1]}" if champions else "modelwright operate"
    return f"; the declaration changed, next: {verb}"


def observed(platform: LivePlatform, endpoint: str) -> ServingStatus:
    """Return what really is there behind an endpoint; nothing for one that scores in batches."""
    if platform.record.resource("endpoint", endpoint).get("mode") == "batch":
        return ServingStatus()
    return platform.driver.serving.status(endpoint)


def _broken(platform: LivePlatform, name: str, state: EndpointState, seen: ServingStatus) -> tuple[str, str] | None:
    """Say which live variants cannot serve or are gone, and the command that mends it; None where all are there."""
    if state.current is None or platform.record.resource("endpoint", name).get("mode") == "batch":
        return None
    there = {deployment.name: deployment for deployment in seen.deployments}
    live = state.traffic.weights if state.traffic else {}
    release = f"release {state.current.number}"
    failed = [there[variant] for variant in live if variant in there and there[variant].state == "failed"]
    if failed:
        said = "; ".join(f"{d.name} cannot serve: {d.reason.partition(chr(10))[0]}" for d in failed)
        return "failed", f"{release}: {said}; next: {verb_to_mend(platform, name, state)}"
    gone = [variant for variant in live if variant not in there or there[variant].state == "gone"]
    if gone:
        said = f"{', '.join(gone)} {'is' if len(gone) == 1 else 'are'} gone"
        return "gone", f"{release}: {said}; next: modelwright operate --once"
    return None


def _unreleased(platform: LivePlatform, name: str, state: EndpointState) -> tuple[str, str]:
    if waiting := awaited(platform, name):
        return "awaiting", waiting
    latest = state.latest
    if latest is not None and state.retired is None and latest.state in {"failed", "rolled_back"}:
        return "failed", f"release {latest.number}: {latest.outcome}; next: {verb_to_release(platform, name)}"
    if state.retired is not None:
        return "retired", f"next: {verb_to_release(platform, name)}"
    return "awaiting", "the next tick releases it"


def _monitor(platform: LivePlatform, name: str) -> tuple[str, str]:
    events = platform.monitor(name).events()
    if not events:
        return "waiting", "no window has closed yet"
    checks = ", ".join(events[-1].body["checks"])
    return monitor_status(platform, name), f"{checks + ' ' if checks else ''}since {events[-1].at:%Y-%m-%d %H:%M}Z"


_DESCRIPTIONS = {
    "training": _training,
    "model_registry": _registry,
    "endpoint": _endpoint,
    "monitor": _monitor,
}
