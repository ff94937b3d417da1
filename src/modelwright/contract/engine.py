"""What an engine such as Pulumi must be told of a platform beyond its assemblies; pure, like lowering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Value
from modelwright.contract.place import Place

Providers = Mapping[str, Mapping[str, Value]]
"""The configuration of providers by the package they serve, such as `{"kubernetes": {"context": "staging"}}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How one platform is applied by an engine.

    `record(content, assembly)` names the resource that keeps the platform record: `content` is a value, its text.
    `providers(place)` configures the providers that the environment's settings call for; an engine's usual ones serve
    the other packages. `lookups` are the functions that an assembly may ask, each with the field of the answer that is
    the value.
    """

    record: Callable[[Value, Assembly], Resource]
    providers: Callable[[Place], Providers] = field(default=lambda _place: {})
    lookups: Mapping[str, str] = field(default_factory=dict)
