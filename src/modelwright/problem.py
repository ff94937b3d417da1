"""One thing that is wrong in a project; errors carry several."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a project: the path to it, what is wrong, what is allowed, and its line where known."""

    path: str
    message: str
    hint: str = ""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line} " if self.file and self.line else ""
        text = f"{place}{self.path}: {self.message}"
        return f"{text} ({self.hint})" if self.hint else text
