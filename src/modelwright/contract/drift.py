"""What is not as it was applied: looked for without changing anything, where a platform can look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

Kind = Literal["deleted", "changed", "unfinished"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was made and is gone or different; `resource` is the declared one that it belongs to."""

    resource: str
    subject: str
    kind: Kind
    applied: str
    found: str
    remedy: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as JSON."""
        return {
            "resource": self.resource,
            "subject": self.subject,
            "kind": self.kind,
            "applied": self.applied,
            "found": self.found,
            "remedy": self.remedy,
        }


@runtime_checkable
class Inspector(Protocol):
    """A `Platform` that can say what was deleted or changed behind its back."""

    def drift(self) -> tuple[Difference, ...]:
        """Compare what was applied with what is there; read only."""
        ...


def differences(platform: object) -> tuple[Difference, ...] | None:
    """Return a platform's differences; None for one that does not answer."""
    return platform.drift() if isinstance(platform, Inspector) else None
