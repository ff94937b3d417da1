"""What a program is to apply: a project compiled for one environment, read before anything is registered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Given, Value, nodes
from modelwright.client.connect import workplace_of
from modelwright.client.renaming import refuse_orphans
from modelwright.contract.engine import Engine, Providers
from modelwright.contract.schema import examine, refuse_wrong
from modelwright.errors import UsageError
from modelwright.pulumi.configuration import chosen_environment, refuse_contradictions
from modelwright.spec.loading import load_project, project_file
from modelwright.spec.project import Project

RECORD_TEXT = Given("modelwright.record")
"""Stands for the record's text while the adapter says where it is kept."""


@dataclass(frozen=True, slots=True)
class Target:
    """An assembly, how its platform is applied by an engine, what keeps its record, and providers of its own."""

    assembly: Assembly
    engine: Engine
    record: Resource
    providers: Providers

    @property
    def made(self) -> tuple[Value, ...]:
        """Everything that the program evaluates for the engine: inputs of resources and of providers."""
        return (*(resource.inputs for resource in self.assembly.resources), self.providers)

    @property
    def recorded(self) -> tuple[Value, ...]:
        """Everything that stands in the record: in it, secrets stay names and slots stay open."""
        assembly = self.assembly
        bodies = (request.body for request in assembly.requests)
        return (assembly.scope, assembly.identities, assembly.outputs, *bodies)


def read_target(project: str | Path | Project, environment: str | None) -> Target:
    """Return the target of a program.

    Raises what loading and compiling raise, and `UsageError` for an adapter that no engine applies, for a stack config
    that contradicts the environment, and for a rename of what the ledger tells of; `WrongResourceError` for a resource
    that its provider's SDK refuses.
    """
    declared = isinstance(project, Project)
    folder = (Path.cwd() if isinstance(project, Project) else project_file(project).parent).resolve()
    loaded = project if isinstance(project, Project) else load_project(project)
    workplace = workplace_of(loaded, chosen_environment(loaded, environment), folder)
    engine = workplace.adapter.engine
    if engine is None:
        raise UsageError(
            f"adapter {workplace.adapter.name!r} does not say how an engine keeps its record",
            where="" if declared else str(project),
            remedy="the adapter must name the resource, in `Adapter(engine=Engine(record=…))`",
        )
    providers = engine.providers(workplace.place)
    refuse_contradictions(workplace.environment, workplace.place.settings, providers)
    assembly = workplace.compile()
    refuse_wrong(examine(assembly.resources, workplace.adapter.sdks), workplace.adapter.name)
    if any(document.get("renamed_from") for document in assembly.desired.values()):
        refuse_orphans(assembly, workplace.store())
    return Target(assembly, engine, _record(assembly, engine), providers)


def _record(assembly: Assembly, engine: Engine) -> Resource:
    """Return what keeps the record. Raises `UsageError` where it cannot stand behind the assembly's resources."""
    record = engine.record(RECORD_TEXT, assembly)
    if RECORD_TEXT not in nodes(record.inputs):
        raise UsageError(
            f"adapter {assembly.adapter!r} keeps no record in {record.name}",
            remedy="the content that `Engine.record` is given must stand in the resource's inputs",
        )
    replace(assembly, resources=(*assembly.resources, record))  # refuses a name twice, and references to nothing
    return record
