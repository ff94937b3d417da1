"""The compiled form of a project for one environment: resources, requests and outputs as pure values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from modelwright.assembly.order import ordered
from modelwright.assembly.request import Request
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Value, freeze, from_json, refs, thaw, to_json
from modelwright.canonical import check_schema, digest_of
from modelwright.errors import UsageError, did_you_mean

VERSION = 1


@dataclass(frozen=True)
class Assembly:
    """Everything that applying and releasing a project in one environment needs.

    `outputs` maps each declared resource to what it offers, `identities` each duty to who does it, `desired` each
    declared resource to its document, and `spec` is the digest of the project. `scope` says where it may be applied.
    Resources stand in the order in which they can be made. Raises `UsageError` for names twice, references to nothing
    and cycles.
    """

    project: str
    environment: str
    adapter: str
    scope: Mapping[str, Value]
    resources: tuple[Resource, ...]
    requests: tuple[Request, ...]
    outputs: Mapping[str, Mapping[str, Value]]
    identities: Mapping[str, Value]
    desired: Mapping[str, Mapping[str, Any]]
    spec: str

    def __post_init__(self) -> None:
        for field in ("scope", "outputs", "identities", "desired"):
            object.__setattr__(self, field, freeze(getattr(self, field)))
        _refuse_twice("resource", (resource.name for resource in self.resources))
        _refuse_twice("request", (request.name for request in self.requests))
        self._refuse_dangling()
        object.__setattr__(self, "resources", ordered(self.resources))

    def _refuse_dangling(self) -> None:
        names = {resource.name for resource in self.resources}
        users: list[tuple[str, frozenset[str]]] = [(resource.name, resource.needs) for resource in self.resources]
        users += [(request.name, _names(request.body)) for request in self.requests]
        users += [(field, _names(getattr(self, field))) for field in ("scope", "outputs", "identities")]
        for user, needs in users:
            for missing in sorted(needs - names):
                raise UsageError(f"{user} refers to resource {missing!r}, which does not exist",
                                 remedy=did_you_mean(missing, names))  # fmt: skip

    @cached_property
    def digest(self) -> str:
        """The digest of the whole assembly."""
        return digest_of(self.to_json())

    def resource(self, name: str) -> Resource:
        """Return a resource by name. Raises `UsageError` naming the nearest."""
        return _by_name(self.resources, name, "resource")

    def request(self, name: str) -> Request:
        """Return a request by name. Raises `UsageError` naming the nearest."""
        return _by_name(self.requests, name, "request")

    def to_json(self) -> dict[str, Any]:
        """Return the assembly as JSON (`modelwright.assembly/1`)."""
        return {
            "schema": f"modelwright.assembly/{VERSION}",
            "project": self.project,
            "environment": self.environment,
            "adapter": self.adapter,
            "scope": to_json(self.scope),
            "resources": [resource.to_json() for resource in self.resources],
            "requests": [request.to_json() for request in self.requests],
            "outputs": to_json(self.outputs),
            "identities": to_json(self.identities),
            "desired": thaw(self.desired),
            "spec": self.spec,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Assembly:
        """Return the assembly of a JSON document. Raises `FormatVersionError` for a newer one."""
        check_schema(document, "assembly", VERSION)
        fields = {key: value for key, value in document.items() if key != "schema"}
        values = {key: from_json(fields[key]) for key in ("scope", "outputs", "identities")}
        return cls(
            **{
                **fields,
                **values,
                "resources": tuple(map(Resource.from_json, fields["resources"])),
                "requests": tuple(map(Request.from_json, fields["requests"])),
            }
        )


def _names(value: Value) -> frozenset[str]:
    return frozenset(ref.resource for ref in refs(value))


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UsageError(f"{what} {', '.join(sorted(twice))} exists more than once")


_Named = TypeVar("_Named", Resource, Request)


def _by_name(things: tuple[_Named, ...], name: str, what: str) -> _Named:
    for thing in things:
        if thing.name == name:
            return thing
    raise UsageError(f"there is no {what} {name!r}", remedy=did_you_mean(name, (thing.name for thing in things)))
