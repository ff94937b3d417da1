"""What the platform engine remembers between commands: what was applied, and what may exist besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.canonical import canonical, read_document

FILE = "state.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Applied:
    """The assembly that was applied last, and the resources that an unfinished command may have made or left."""

    assembly: Assembly | None = None
    pending: Mapping[str, Resource] = field(default_factory=dict)

    @property
    def existing(self) -> dict[str, Resource]:
        """Everything that may exist, by name, in the order in which it was made."""
        known = {resource.name: resource for resource in self.assembly.resources} if self.assembly else {}
        return {**known, **{name: resource for name, resource in self.pending.items() if name not in known}}

    def intending(self, assembly: Assembly) -> Applied:
        """Return the state to write before applying: everything old and new may exist from now on."""
        return Applied(self.assembly, {**self.existing, **{item.name: item for item in assembly.resources}})

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return canonical(
            {
                "schema": f"modelwright.local-state/{_VERSION}",
                "assembly": self.assembly.to_json() if self.assembly else None,
                "pending": [resource.to_json() for resource in self.pending.values()],
            }
        )


def read_applied(path: Path) -> Applied:
    """Return what was applied; nothing if there is no file. Raises `IntegrityError` for a file that is damaged."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Applied()
    document = read_document(
        data,
        "local-state",
        _VERSION,
        where=str(path),
        needs=("assembly", "pending"),
        remedy="restore it from a copy, or remove it and run `modelwright up`: what exists is taken over",
    )
    assembly = Assembly.from_json(document["assembly"]) if document["assembly"] else None
    pending = map(Resource.from_json, document["pending"])
    return Applied(assembly, {resource.name: resource for resource in pending})
