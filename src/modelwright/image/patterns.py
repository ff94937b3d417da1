"""Patterns of paths: `*` stays in a folder, `**` goes into all below, and a folder means all that is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Return whether a path, relative and with `/`, is meant by one of the patterns."""
    return any(_compiled(pattern).fullmatch(path) for pattern in patterns)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [part for part in pattern.strip("/").split("/") if part != "."]
    text = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            text += ".*" if last else "(?:[^/]+/)*"
        else:
            text += _segment(part) + ("" if last else "/")
    return re.compile(f"{text}(?:/.*)?", re.DOTALL)


def _segment(part: str) -> str:
    """Return the regular expression of one step of a path."""
    text, index = "", 0
    while index < len(part):
        char = part[index]
        closing = part.find("]", index + 2) if char == "[" else -1
        if closing > 0:
            inside = part[index + 1 : closing].replace("\\", r"\\").replace("[", r"\[")
            text += f"(?!/)[{'^' + inside[1:] if inside[0] == '!' else inside}]"
            index = closing
        else:
            text += {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char))
        index += 1
    return text
