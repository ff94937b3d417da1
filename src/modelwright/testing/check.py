"""What the kit hands out: named checks that are called, and the error that says what one found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


class ConformanceError(AssertionError):
    """An adapter that does not do what it says; names the adapter, the feature or field, and what was found."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to an adapter, such as `feature[endpoint.capture]`: calling it raises `ConformanceError` or not."""

    name: str
    ask: Callable[[], None] = field(compare=False, repr=False)

    def __call__(self) -> None:
        """Ask the question. Raises `ConformanceError` with what was found."""
        self.ask()

    def __str__(self) -> str:
        return self.name


def require(ok: bool, message: str) -> None:
    """Raise `ConformanceError` with a message unless something holds."""
    if not ok:
        raise ConformanceError(message)


def listed(found: Iterable[object], *, most: int = 6) -> str:
    """Return things in a row for a message, the first of many."""
    texts = [str(item) for item in found]
    rest = f" and {len(texts) - most} more" if len(texts) > most else ""
    return (", ".join(texts[:most]) or "nothing") + rest
