"""How often each category occurs: the reference's most frequent ones by name, the rest as one remainder."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_CATEGORIES = 1000
MOST_UNLISTED = 100


@dataclass(frozen=True, slots=True)
class Categories:
    """Counts of up to 1,000 categories and of everything else.

    `counts` names the reference's categories, most frequent first. `other` counts the values outside of them, and
    `unlisted` names those values: the first 100 in the order of their names, with their counts. (The first names of a
    union lie among the first names of its parts, so this list adds up exactly over shards.)
    """

    counts: Mapping[str, int]
    other: int
    unlisted: Mapping[str, int]

    @property
    def distinct(self) -> int:
        """Return the number of categories that occur, at least: no more than 100 unlisted ones are known."""
        return sum(count > 0 for count in self.counts.values()) + len(self.unlisted)

    @classmethod
    def top(cls, found: Counter[str]) -> Categories:
        """Keep the most frequent categories by name; of equally frequent ones the alphabetically first."""
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return cls._split(dict(ranked[:MOST_CATEGORIES]), dict(ranked[MOST_CATEGORIES:]))

    @classmethod
    def both(cls, found: Counter[str]) -> Categories:
        """Keep the two categories of a boolean."""
        return cls({"false": found["false"], "true": found["true"]}, 0, {})

    @classmethod
    def _split(cls, counts: Mapping[str, int], rest: Mapping[str, int]) -> Categories:
        named = heapq.nsmallest(MOST_UNLISTED, rest)
        return cls(counts, sum(rest.values()), {name: rest[name] for name in named})

    def count(self, found: Counter[str]) -> Categories:
        """Return the counts of other labels in these categories."""
        rest = {name: count for name, count in found.items() if name not in self.counts}
        return self._split({name: found[name] for name in self.counts}, rest)

    @classmethod
    def sum(cls, parts: Sequence[Categories]) -> Categories:
        """Add counts of the same categories."""
        unlisted: Counter[str] = Counter()
        for part in parts:
            unlisted.update(part.unlisted)
        kept = heapq.nsmallest(MOST_UNLISTED, unlisted)
        return cls(
            {name: sum(part.counts[name] for part in parts) for name in parts[0].counts},
            sum(part.other for part in parts),
            {name: unlisted[name] for name in kept},
        )
