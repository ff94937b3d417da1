"""The three sizes at which everything is measured, and how often."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """A size relative to the smallest, the rounds that are run at it, and whether the target is judged there."""

    times: int
    rounds: int
    judged: bool = False

    @property
    def name(self) -> str:
        """Return `1x`, `3x` or `10x`."""
        return f"{self.times}x"


SMALL = "BENCH_SMALL"


def sizes(*rounds: int) -> tuple[Size, ...]:
    """Return 1x, 3x and 10x with so many rounds each; targets are judged at 10x. With `--small`, 1x in one round."""
    if os.environ.get(SMALL):
        return (Size(1, 1),)
    return tuple(Size(times, n, judged=times == 10) for times, n in zip((1, 3, 10), rounds, strict=True))  # noqa: PLR2004 (the greatest)
