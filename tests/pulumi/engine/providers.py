"""Providers that the engine drives: the local platform's real makers, and a cloud that exists in the state only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

from modelwright.adapters.local.driver.folder import StateFolder
from modelwright.adapters.local.driver.workshop import Workshop
from modelwright.assembly.resource import Resource

Values = dict[str, Any]


class UnmakeableError(Exception):
    """The provider could not do it."""


class Provider(Protocol):
    """Makes what is registered; inputs are in clear and known."""

    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        """Make it; return its id and outputs."""
        ...

    def update(self, type_: str, name: str, old: Values, inputs: Values) -> Values:
        """Change it in place; return its outputs."""
        ...

    def delete(self, type_: str, name: str, inputs: Values) -> None:
        """Remove it."""
        ...

    def invoke(self, function: str, args: Values) -> Values:
        """Answer a question."""
        ...


class LocalProvider:
    """Makes what the local platform's own engine makes, in the same folder and by the same makers."""

    def __init__(self, project_dir: Path, environment: str) -> None:
        self._folder = StateFolder(project_dir, environment)
        self._workshop = Workshop(self._folder)
        self._project_dir = project_dir

    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        self._folder.open()
        if type_ == "local:index:Record":
            self._folder.write_durably(self._folder.root / inputs["path"], inputs["content"].encode())
            return name, {}
        return name, self._workshop.make(_resource(type_, inputs), {})

    def update(self, type_: str, name: str, old: Values, inputs: Values) -> Values:
        if type_ != "local:index:Record":
            self._workshop.adopt(_resource(type_, old), _resource(type_, inputs))
        return self.create(type_, name, inputs)[1]

    def delete(self, type_: str, name: str, inputs: Values) -> None:  # noqa: ARG002  # the protocol's shape
        if type_ == "local:index:Record":
            (self._folder.root / inputs["path"]).unlink()
        else:
            self._workshop.remove(_resource(type_, inputs))

    def invoke(self, function: str, args: Values) -> Values:
        path = self._project_dir / args["path"]
        return {"local:index:path": {"path": str(path)}, "local:index:uri": {"uri": path.as_uri()}}[function]


def _resource(type_: str, inputs: Values) -> Resource:
    return Resource("any", type_.replace(":index:", ":"), inputs)


class StateOnly:
    """A cloud in which everything has the outputs planted for its name, and what is named in `broken` fails."""

    def __init__(self, planted: Mapping[str, Values] | None = None, broken: Collection[str] = ()) -> None:
        self.planted, self.broken = dict(planted or {}), set(broken)
        self.deleted: list[str] = []

    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        if name in self.broken:
            raise UnmakeableError(f"{type_} {name} cannot be made")
        return f"id-of-{name}", {"uri": f"acme://{inputs.get('name', name)}", **self.planted.get(name, {})}

    def update(self, type_: str, name: str, old: Values, inputs: Values) -> Values:  # noqa: ARG002  # likewise
        return self.create(type_, name, inputs)[1]

    def delete(self, type_: str, name: str, inputs: Values) -> None:  # noqa: ARG002  # likewise
        self.deleted.append(name)

    def invoke(self, function: str, args: Values) -> Values:
        return {"account": "111122223333", "asked": function, **args}
