"""From a project to the assembly of one of its environments: pure, without network, clock or files."""

from __future__ import annotations

from typing import Any

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.request import Request
from modelwright.canonical import digest_of
from modelwright.contract.adapter import Adapter
from modelwright.contract.check import check
from modelwright.contract.discovery import find_adapter
from modelwright.contract.duty import duties
from modelwright.contract.lowered import FOUNDATION, Lowered
from modelwright.contract.outputs import IdentityOutputs
from modelwright.contract.schedule import schedules
from modelwright.contract.scope import Scope
from modelwright.errors import UsageError
from modelwright.spec.project import Project, Resolved

_STORES = ("data_store", "feature_store", "cluster")
_WORK = ("training", "model_registry", "endpoint", "monitor")


def compile_project(project: Project, environment: str) -> Assembly:
    """Return the assembly of a project for one environment.

    Raises `UnknownEnvironmentError`, `UnknownAdapterError`, `InvalidProjectError` for wrong settings, and
    `UnsupportedError` with everything that the adapter cannot do.
    """
    resolved = project.for_environment(environment)
    adapter = find_adapter(resolved.environment.adapter)
    settings = adapter.read_settings(resolved.environment.settings, environment, resolved.environment)
    check(resolved, adapter, settings)
    return assemble(resolved, adapter, settings)


def assemble(resolved: Resolved, adapter: Adapter, settings: Any) -> Assembly:
    """Return the assembly of what an environment sees, whether or not the adapter supports all of it (see `check`)."""
    environment = resolved.environment_name
    lowered = lower(resolved, adapter, settings)
    return Assembly(
        project=resolved.name,
        environment=environment,
        adapter=adapter.name,
        scope=adapter.scope(settings, environment),
        resources=tuple(lowered.resources),
        requests=tuple(lowered.requests),
        outputs={name: outputs.to_values() for name, outputs in lowered.outputs.items()},
        identities=lowered.identities,
        desired=_desired(resolved, lowered.requests),
        spec=digest_of(resolved.document()),
    )


def lower(project: Resolved, adapter: Adapter, settings: Any) -> Lowered:
    """Lower a project kind by kind: what others refer to comes first. Raises `UsageError` for a reserved name."""
    lowered = Lowered(project, settings)
    if project.inventory.find(FOUNDATION):
        raise UsageError(f"{FOUNDATION!r} is the name of what every environment gets", remedy="choose another name")
    lowered.outputs[FOUNDATION] = adapter.kinds[FOUNDATION](project, Scope(lowered, FOUNDATION))
    _lower_kinds(_STORES, lowered, adapter)
    for duty in duties(project):
        who = adapter.kinds["identity"](duty, Scope(lowered, duty.resource or FOUNDATION))
        if not isinstance(who, IdentityOutputs):
            raise UsageError(f"adapter {adapter.name!r} offers no identity for {duty.name}")
        lowered.identities[duty.name] = who.id
    _lower_kinds(_WORK, lowered, adapter)
    for schedule in schedules(project):
        adapter.kinds["schedule"](schedule, Scope(lowered, schedule.owner))
    return lowered


def _lower_kinds(kinds: tuple[str, ...], lowered: Lowered, adapter: Adapter) -> None:
    ordered = lowered.project.inventory.ordered()
    for kind in kinds:
        for resource in (item for item in ordered if kind == item.KIND):
            lowered.outputs[resource.name] = adapter.kinds[kind](resource, Scope(lowered, resource.name))


def _desired(project: Resolved, requests: list[Request]) -> dict[str, dict[str, Any]]:
    """Return each resource's document; an endpoint's with the digest of everything that its versions are served by."""
    documents = {resource.name: resource.document() for resource in project.resources}
    for name, document in documents.items():
        serving = [request.digest for request in requests if request.owner == name and request.purpose == "serve"]
        if serving:
            document["config"] = serving[0] if len(serving) == 1 else digest_of(serving)
    return documents
