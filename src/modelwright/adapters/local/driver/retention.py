"""Data that a declared retention says to delete: files by when they came to where they are, not by what wrote them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

_DAY = 86_400


def expired(folder: Path, retention: float) -> Iterator[Path]:
    """Yield the files below a folder that came more than `retention` seconds ago, by wall time.

    The time is that of the last change of the file's entry: copying keeps a file's own time, but not this one.
    """
    oldest = time.time() - retention
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if path.lstat().st_ctime < oldest:
                yield path


def said(count: int, retention: float) -> str:
    """Say how many files are too old."""
    return f"{count} file{'s' if count != 1 else ''} older than {retention / _DAY:g} days"
