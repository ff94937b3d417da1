"""Markdown as these tests need it: headings with their anchors, links, and fenced blocks with their info strings.

Sybil and pytest-examples were looked at: neither runs shell blocks with the output that a page shows under them, and
both pass over a block whose info string they do not know, which is what these tests must never do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>[a-z]*)(?P<info>.*)$")
_ATTRIBUTE = re.compile(r'\s*([a-z]+)="([^"]*)"')
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
_CODE = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, what its info string says, its text, and the line of its fence."""

    language: str
    attributes: Mapping[str, str] = field(hash=False)
    text: str
    line: int
    after: bool
    """Whether it follows the block before it with nothing but blank lines between."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Markdown."""

    path: Path
    blocks: tuple[Block, ...]
    anchors: frozenset[str]
    links: tuple[str, ...]


def read_page(path: Path) -> Page:
    """Read a page. Raises `ValueError` for a fence that is not closed or an info string that nobody understands."""
    prose, blocks = _split(path)
    headings = [match[2] for line in prose if (match := _HEADING.match(line))]
    text = _CODE.sub("", "\n".join(prose))
    links = tuple(match[1] or match[2] for match in _LINK.finditer(text))
    return Page(path, tuple(blocks), frozenset(anchors(headings)), links)


def anchors(headings: list[str]) -> Iterator[str]:
    """Yield the anchors that GitHub gives to headings: a second one of the same words gets `-1`."""
    seen: dict[str, int] = {}
    for heading in headings:
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        yield f"{slug}-{count}" if count else slug


def _split(path: Path) -> tuple[list[str], list[Block]]:
    prose: list[str] = []
    blocks: list[Block] = []
    lines = iter(enumerate(path.read_text(encoding="utf-8").splitlines(), start=1))
    after = False
    for number, line in lines:
        if match := _FENCE.match(line):
            body = _body(path, number, match["fence"], lines)
            blocks.append(Block(match["language"], _attributes(path, number, match["info"]), body, number, after))
            after = True
        else:
            prose.append(line)
            after = after and not line.strip()
    return prose, blocks


def _body(path: Path, number: int, fence: str, lines: Iterator[tuple[int, str]]) -> str:
    body: list[str] = []
    for _, line in lines:
        if line.rstrip() == fence:
            return "".join(f"{each}\n" for each in body)
        body.append(line)
    raise ValueError(f"{path}:{number}: the block is never closed")


def _attributes(path: Path, number: int, info: str) -> dict[str, str]:
    found = dict(_ATTRIBUTE.findall(info))
    if _ATTRIBUTE.sub("", info).strip():
        raise ValueError(f'{path}:{number}: {info.strip()!r} is not name="value"')
    return found
