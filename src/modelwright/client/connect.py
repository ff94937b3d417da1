"""Connecting to one environment of a project: its file is loaded, its adapter found; nothing is called yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.clock import Clock, ReplayClock, SystemClock
from modelwright.compiler import compile_project
from modelwright.contract.adapter import Adapter
from modelwright.contract.discovery import find_adapter
from modelwright.contract.place import Location, Place
from modelwright.contract.record import check_scope
from modelwright.errors import UsageError
from modelwright.ledger.stream import Ledger
from modelwright.lifecycle.platform import LivePlatform
from modelwright.spec.loading import load_project
from modelwright.spec.project import Project
from modelwright.store import Store, open_store

if TYPE_CHECKING:
    from modelwright.assembly.assembly import Assembly
    from modelwright.client.client import Client
    from modelwright.contract.driver import Driver, Platform


def connect(
    project: str | Path | Project = "project.py", *, environment: str | None = None, clock: Clock | None = None
) -> Client:
    """Return a client of one environment; without a name, of the only one, or of `dev`.

    Raises `InvalidProjectError`, `UnknownEnvironmentError`, `UnknownAdapterError`, and `UsageError` when there are
    several environments and none of them is `dev`.
    """
    from modelwright.client.client import Client

    folder = Path.cwd() if isinstance(project, Project) else _folder(Path(project))
    loaded = project if isinstance(project, Project) else load_project(Path(project))
    return Client(workplace_of(loaded, environment or loaded.usual_environment(), folder), clock or SystemClock())


def workplace_of(project: Project, environment: str, folder: Path) -> Workplace:
    """Return where an environment of a project is worked on. Raises `UnknownEnvironmentError`."""
    resolved = project.for_environment(environment)
    adapter = find_adapter(resolved.environment.adapter)
    settings = adapter.read_settings(resolved.environment.settings, environment, resolved.environment)
    return Workplace(project, environment, adapter, Place(project.name, environment, folder, settings))


def _folder(path: Path) -> Path:
    absolute = path.absolute()
    return absolute if absolute.is_dir() else absolute.parent


@dataclass(frozen=True)
class Workplace:
    """A project, the environment worked on, and where both are to be found."""

    project: Project
    environment: str
    adapter: Adapter
    place: Place

    @property
    def state(self) -> Path:
        """The folder on this machine for what it knows of the environment."""
        return self.place.state

    @cached_property
    def location(self) -> Location:
        """Where the control store is."""
        return self.adapter.locate(self.place)

    def compile(self) -> Assembly:
        """Return the project's assembly for the environment."""
        return compile_project(self.project, self.environment)

    def applier(self) -> Platform:
        """Return what applies assemblies. Raises `UsageError` where that takes Pulumi."""
        platform = self.adapter.open_platform(self.place)
        if platform is None:
            raise UsageError(
                f"adapter {self.adapter.name!r} is applied by Pulumi", remedy="run `pulumi up` in the project's stack"
            )
        return platform

    def store(self) -> Store:
        """Return the control store."""
        return open_store(self.location.control)

    def driver(self, record: Mapping[str, Any], clock: Clock) -> Driver:
        """Return the driver of the applied environment. Raises `WrongScopeError` for another one's record."""
        check_scope(record, self.location)
        path = str(clock.path) if isinstance(clock, ReplayClock) else None
        return self.adapter.open_driver(record, self.place, path)

    def platform(self, clock: Clock) -> LivePlatform:
        """Return what decisions are made with; nothing is read yet."""
        store = self.store()
        ledger = Ledger(store, clock=clock)
        return LivePlatform(
            store, ledger, clock, lambda record: self.driver(record.document, clock),
            lambda environment: workplace_of(self.project, environment, self.place.folder).platform(clock),
        )  # fmt: skip
