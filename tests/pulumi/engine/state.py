"""What the engine remembers of a stack between updates: resources by URN, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import alias_pb2


@dataclass
class State:
    """One resource of a stack; `inputs` and `outputs` as on the wire."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    protect: bool = False
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


def urn_of(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource: it carries the types of its ancestors, and of their names none."""
    chain = parent.rpartition("::")[0].rpartition("::")[2] if parent else ""
    above = f"{chain}$" if chain and not chain.startswith("pulumi:pulumi:Stack") else ""
    return f"urn:pulumi:{stack}::{project}::{above}{type_}::{name}"


def alias_urns(urn: str, type_: str, name: str, own: Iterable[alias_pb2.Alias], parent: State | None) -> list[str]:
    """Return every URN that a resource may have had: its own aliases, beneath its parent and the parent's aliases."""
    stack, project = urn.removeprefix("urn:pulumi:").split("::")[:2]
    specs = list(own)
    found = [alias.urn for alias in specs if alias.WhichOneof("alias") == "urn"]
    above = [parent.urn if parent else "", *(parent.aliases if parent else ())]
    for spec in [alias_pb2.Alias.Spec(), *(alias.spec for alias in specs if alias.WhichOneof("alias") == "spec")]:
        places = [""] if spec.noParent else [spec.parentUrn] if spec.parentUrn else above
        for place in places:
            renamed = spec.name or _following(name, parent, place)
            found.append(urn_of(spec.stack or stack, spec.project or project, place, spec.type or type_, renamed))
    return [each for each in dict.fromkeys(found) if each != urn]


def _following(name: str, parent: State | None, place: str) -> str:
    """Return a child's name beneath its parent's alias: where it begins with the parent's name, that part follows."""
    former = place.rpartition("::")[2]
    if parent is None or place in ("", parent.urn) or not name.startswith(parent.name):
        return name
    return former + name.removeprefix(parent.name)
