"""The three sizes at which everything is measured, and how often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """A size relative to the smallest, the rounds that are run at it, and whether the target is judged there."""

    times: int
    rounds: int
    judged: bool = False

    @property
    def name(self) -> str:
        """Return `1×`, `3×` or `10×`."""
        return f"{self.times}×"


def sizes(*rounds: int) -> tuple[Size, ...]:
    """Return 1×, 3× and 10× with so many rounds each; targets are judged at 10×."""
    return tuple(Size(times, n, judged=times == 10) for times, n in zip((1, 3, 10), rounds, strict=True))  # noqa: PLR2004 (the greatest)
