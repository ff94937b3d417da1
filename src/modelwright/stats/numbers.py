"""The counts of a numeric column between cuts, with its extremes and moments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from modelwright.stats.bins import coarsen
from modelwright.stats.columns import Floats


class Moments(TypedDict):
    """Extremes, mean and population standard deviation; all None without values."""

    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Counts in the bins `(-inf, c1], (c1, c2], …, (ck, inf)`.

    `cuts` are ascending and contain `edges`, the deciles of the reference. `std` divides by n.
    """

    cuts: Floats
    edges: Floats
    counts: NDArray[np.int64]
    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Numbers):
            return NotImplemented
        return all(np.array_equal(getattr(self, field.name), getattr(other, field.name)) for field in fields(self))

    def __hash__(self) -> int:
        return hash((self.cuts.tobytes(), self.counts.tobytes()))

    @property
    def decile_counts(self) -> NDArray[np.int64]:
        """Return the counts in the bins between the reference's deciles."""
        return coarsen(self.counts, self.cuts, self.edges)

    @classmethod
    def sum(cls, parts: Sequence[Numbers]) -> Numbers:
        """Add counts between the same cuts."""
        first = parts[0]
        counts = np.sum([part.counts for part in parts], axis=0)
        lows = [part.minimum for part in parts if part.minimum is not None]
        highs = [part.maximum for part in parts if part.maximum is not None]
        mean, std = _pooled(parts)
        return cls(first.cuts, first.edges, counts, min(lows, default=None), max(highs, default=None), mean, std)


def _pooled(parts: Sequence[Numbers]) -> tuple[float | None, float | None]:
    known = [(int(part.counts.sum()), part.mean, part.std) for part in parts]
    held = [(count, mean, std) for count, mean, std in known if mean is not None and std is not None]
    rows = sum(count for count, _, _ in held)
    if not rows or len(held) != sum(count > 0 for count, _, _ in known):
        return None, None
    mean = sum(count * part for count, part, _ in held) / rows
    variance = sum(count * (std**2 + (part - mean) ** 2) for count, part, std in held) / rows
    return mean, math.sqrt(variance)


def moments(ordered: Floats) -> Moments:
    """Return extremes, mean and deviation of ascending values; None where a double cannot hold the result."""
    if not len(ordered):
        return Moments(minimum=None, maximum=None, mean=None, std=None)
    low, high = float(ordered[0]), float(ordered[-1])
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(ordered.mean()) if low != high else low
        std = float(ordered.std()) if low != high else 0.0
    finite = math.isfinite(mean) and math.isfinite(std)
    return Moments(minimum=low, maximum=high, mean=mean if finite else None, std=std if finite else None)
