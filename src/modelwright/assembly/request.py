"""A call that the release plane will make: the provider's wire shape, with slots for what only a release knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from modelwright.assembly.value import Value, freeze, from_json, slots, to_json
from modelwright.canonical import digest_of
from modelwright.errors import UsageError, did_you_mean

Purpose = Literal[
    "train", "tune", "evaluate", "serve", "route", "scale", "monitor", "materialise", "batch", "retire"
]  # fmt: skip
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


@dataclass(frozen=True, slots=True)
class Request:
    """A request, named `<resource>/<purpose>`, with a step after a dot where a purpose takes several calls."""

    name: str
    purpose: Purpose
    operation: str
    body: Mapping[str, Value]
    owner: str = ""

    def __post_init__(self) -> None:
        if self.purpose not in PURPOSES:
            raise UsageError(
                f"{self.name}: unknown purpose {self.purpose!r}", remedy=did_you_mean(self.purpose, PURPOSES)
            )
        object.__setattr__(self, "body", freeze(self.body))

    @property
    def slots(self) -> frozenset[str]:
        """The names of the open slots."""
        return slots(self.body)

    @property
    def digest(self) -> str:
        """The digest of what is asked for: equal digests mean the same configuration."""
        return digest_of({"operation": self.operation, "body": to_json(self.body)})

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON."""
        return {
            "name": self.name,
            "purpose": self.purpose,
            "operation": self.operation,
            "body": to_json(self.body),
            "owner": self.owner,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Request:
        """Return the request of a JSON document."""
        return cls(**{**document, "body": from_json(document["body"])})
