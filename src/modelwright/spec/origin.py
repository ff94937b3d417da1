"""Where in the user's file a spec was written."""

from __future__ import annotations

import sys
from dataclasses import dataclass

_OURS = ("modelwright.spec", "modelwright.pulumi", "pydantic")


@dataclass(frozen=True, slots=True)
class Origin:
    """A file and the line on which a constructor's call begins."""

    file: str
    line: int


def caller() -> Origin | None:
    """Return the innermost line outside modelwright's spec that led here."""
    frame = sys._getframe(1)  # noqa: SLF001  # the only way to the caller's line that costs microseconds
    while frame is not None:
        if not str(frame.f_globals.get("__name__", "")).startswith(_OURS):
            return Origin(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    return None
