"""Numbers that may move between a minimum and a maximum, and `k of n`."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from modelwright.spec.field import readable, shown

_OF = re.compile(r"([1-9][0-9]?)\s+of\s+([1-9][0-9]?)", re.ASCII)
_MOST = 100_000


@readable(
    {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2, "written": [[0, 4], 2]}
)
class MinMax(NamedTuple):
    """A minimum and a maximum, both reached."""

    minimum: int
    maximum: int

    @classmethod
    def parse(cls, value: Any) -> MinMax:
        """Return the bounds of `(0, 4)` or of one number. Raises `ValueError` for anything else."""
        pair = (value, value) if isinstance(value, int) else value
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and all(type(end) is int for end in pair)):  # noqa: PLR2004  # a pair
            raise ValueError(f"must be a number or (minimum, maximum), not {shown(value)}")
        low, high = pair
        if not 0 <= low <= _MOST or not 1 <= high <= _MOST:
            raise ValueError(f"{shown(value)} is out of bounds: a minimum of 0 to {_MOST}, a maximum of 1 to {_MOST}")
        if low > high:
            raise ValueError(f"the minimum {low} is greater than the maximum {high}")
        return cls(low, high)


@readable(
    {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2, "written": ["3 of 5"]}
)
class KOfN(NamedTuple):
    """`k` of the last `n` windows."""

    k: int
    n: int

    @classmethod
    def parse(cls, value: Any) -> KOfN:
        """Return the numbers of `"3 of 5"`. Raises `ValueError` otherwise."""
        if isinstance(value, KOfN):
            return value
        match = _OF.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match[1]) > int(match[2]):
            raise ValueError(f"{shown(value)} is no share of windows: write 3 of 5")
        return cls(int(match[1]), int(match[2]))
