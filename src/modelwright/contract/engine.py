"""What an engine such as Pulumi must be told of a platform beyond its assemblies; pure, like lowering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Value
from modelwright.contract.place import Place

Providers = Mapping[str, Mapping[str, Value]]
"""The configuration of providers by the package they serve, such as `{"kubernetes": {"context": "staging"}}`."""


class Maker(Protocol):
    """Makes what an adapter's own platform consists of, one resource at a time, for an engine that asks for it.

    Inputs are plain JSON, their references resolved. Every call may come twice, since an engine may be killed between
    a call and noting its outcome. Raises `ModelwrightError` for what cannot be made.
    """

    def make(self, token: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make a resource, or leave it as it is; return what it offers."""
        ...

    def change(self, token: str, former: Mapping[str, Any], inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Turn what exists under former inputs into what these say; return what it offers."""
        ...

    def read(self, token: str, inputs: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        """Return a resource's inputs as they are found now, and what it offers; None when it is gone."""
        ...

    def remove(self, token: str, inputs: Mapping[str, Any]) -> None:
        """Remove a resource; no error when it is gone."""
        ...

    def ask(self, function: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a lookup."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How one platform is applied by an engine.

    `record(content, assembly)` names the resource that keeps the platform record: `content` is a value, its text.
    `providers(place)` configures the providers that the environment's settings call for; an engine's usual ones serve
    the other packages. `lookups` are the functions that an assembly may ask, each with the field of the answer that is
    the value. `maker` is a dotted name (`package.module:name`) for a platform that no provider of the engine's serves:
    called with the configuration of the package `modelwright-<adapter>`, it returns a `Maker` of tokens of two parts.
    """

    record: Callable[[Value, Assembly], Resource]
    providers: Callable[[Place], Providers] = field(default=lambda _place: {})
    lookups: Mapping[str, str] = field(default_factory=dict)
    maker: str | None = None
