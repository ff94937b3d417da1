"""Sizes of memory and disks as users write them: `"64GiB"`, `"500MB"`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from modelwright.spec.field import readable, shown

_UNITS = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
_SPELLING = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)", re.ASCII)
_LARGEST = 2**60


@readable({"type": "integer", "minimum": 1, "unit": "bytes", "written": ["64GiB", "500MB"]})
@dataclass(frozen=True, slots=True, order=True)
class Size:
    """A number of bytes, and the user's spelling. Two spellings of the same size are equal."""

    bytes: int
    text: str = field(compare=False)

    @classmethod
    def parse(cls, value: Any) -> Size:
        """Return the size of a spelling or a `Size`. Raises `ValueError` otherwise."""
        if isinstance(value, Size):
            return value
        match = _SPELLING.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError(f"{shown(value)} is no size: write a number and one of {', '.join(_UNITS)}, such as 64GiB")
        number = int(float(match[1]) * _UNITS[match[2]])
        if not 0 < number <= _LARGEST:
            raise ValueError(f"{value} is no size between one byte and {_LARGEST // 2**40} TiB")
        return cls(number, value)

    def document(self) -> int:
        """Return the bytes, as documents hold them."""
        return self.bytes

    def __str__(self) -> str:
        return self.text
