"""A preview as Markdown for the comment of a pull request: its verdict first, every text escaped, within a size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelwright.cli.terminal import clean_line

LIMIT = 60_000
"""Characters: GitHub takes 65,536, and a heading may be added."""
_KINDS = ("create", "update", "replace", "delete")
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>#|~@&]|(?<=www)\.|:(?=//)")
_LONGEST = 300


def marker(project: str, environment: str) -> str:
    """Return the hidden line by which a later comment finds this one."""
    return f"<!-- modelwright:{project}/{environment} -->"


def markdown(plan: Mapping[str, Any], project: str, environment: str, limit: int = LIMIT) -> str:
    """Return the comment of a plan (the `result` of `modelwright preview --json`), at most `limit` characters.

    What does not fit is left out by whole changes, and their number is said.
    """
    head = "\n".join([marker(project, environment), f"### modelwright: {project} ({environment})", "", *_verdict(plan)])
    if not plan["changes"]:
        return head + "\n"
    opening, closing = "\n\n<details><summary>Changes</summary>\n\n", "\n</details>\n"
    body, left = "", len(plan["changes"])
    for row in _rows(plan):
        note = f"| | | and {left} more: `modelwright preview` shows all |\n"
        if len(head + opening + _TITLES + body + row + note + closing) > limit:
            return head + opening + _TITLES + body + note + closing
        body, left = body + row, left - 1
    return head + opening + _TITLES + body + closing


_TITLES = "| Change | What | Why |\n| --- | --- | --- |\n"


def _verdict(plan: Mapping[str, Any]) -> Iterator[str]:
    lossy = [change["name"] for change in plan["changes"] if change["holds_data"]]
    if not plan["changes"]:
        yield "No changes."
        return
    yield "| Create | Update | Replace | Delete | Data destroyed |"
    yield "| --- | --- | --- | --- | --- |"
    counts = " | ".join(str(plan["summary"].get(kind, 0)) for kind in _KINDS)
    yield f"| {counts} | {', '.join(escaped(name) for name in lossy[:20]) or 'none'} |"


def _rows(plan: Mapping[str, Any]) -> Iterator[str]:
    for change in sorted(plan["changes"], key=lambda change: not change["holds_data"]):
        kind = f"**{change['kind']}, destroys data**" if change["holds_data"] else change["kind"]
        why = "<br>".join(escaped(reason) for reason in change["reasons"])
        yield f"| {kind} | {escaped(change['name'])} | {why} |\n"


def escaped(text: str) -> str:
    """Return text that Markdown and HTML show as it is, on one line, cut where it is long."""
    line = clean_line(text)
    short = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", short)
