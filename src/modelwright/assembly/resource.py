"""One thing that an engine makes and keeps: a provider's type, its inputs, and what must not be lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelwright.assembly.value import Ref, Value, freeze, from_json, refs, slots, to_json
from modelwright.errors import UsageError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of an assembly.

    `name` is stable and unique in the assembly, `token` the provider's type, `inputs` a value in the provider's wire
    names, `owner` the declared resource it was lowered from. A change of an input named in `replace_on` cannot be made
    in place. `renamed_from` lists names under which the same thing was applied before.
    """

    name: str
    token: str
    inputs: Mapping[str, Value] = field(default_factory=dict)
    owner: str = ""
    depends_on: tuple[str, ...] = ()
    protect: bool = False
    holds_data: bool = False
    renamed_from: tuple[str, ...] = ()
    replace_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(f"{self.name!r} is not a resource's name", remedy="use a-z 0-9 -, and / between parts")
        object.__setattr__(self, "inputs", freeze(self.inputs))
        if open_slots := slots(self.inputs):
            raise UsageError(f"{self.name}: slots stand in requests only, found {', '.join(sorted(open_slots))}")

    def ref(self, output: str) -> Ref:
        """Return a reference to one of this resource's outputs."""
        return Ref(self.name, output)

    @property
    def needs(self) -> frozenset[str]:
        """The resources that must exist before this one."""
        return frozenset(self.depends_on) | {ref.resource for ref in refs(self.inputs)}

    def to_json(self) -> dict[str, Any]:
        """Return the resource as JSON."""
        return {
            "name": self.name,
            "token": self.token,
            "inputs": to_json(self.inputs),
            "owner": self.owner,
            "depends_on": list(self.depends_on),
            "protect": self.protect,
            "holds_data": self.holds_data,
            "renamed_from": list(self.renamed_from),
            "replace_on": list(self.replace_on),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Resource:
        """Return the resource of a JSON document."""
        lists = {key: tuple(document[key]) for key in ("depends_on", "renamed_from", "replace_on")}
        return cls(**{**document, **lists, "inputs": from_json(document["inputs"])})
