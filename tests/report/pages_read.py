"""Reads pages as a strict parser and an auditor would: well-formed, nothing that runs, links that lead somewhere."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
_HTML = """
html head meta title style body main nav strong a header h1 h2 h3 p section dl div dt dd footer span table thead tbody
tr th td ul li details summary pre code small figure figcaption img
"""
_SVG = "svg title rect line text circle polyline"
_NAMES = """
lang charset name content http-equiv class href id title src alt viewBox role aria-label x y x1 x2 y1 y2 cx cy r rx dx
dy width height points text-anchor
"""
_ROWS = frozenset({"thead", "tbody"})
TAGS = frozenset(_HTML.split()) | {SVG + tag for tag in _SVG.split()}
ATTRIBUTES = frozenset(_NAMES.split())


def tree(text: str) -> ET.Element:
    """Return a page as XML: it is written so that it is both."""
    return ET.fromstring(text.removeprefix("<!doctype html>\n"))


def pages(folder: Path) -> dict[str, ET.Element]:
    """Return all pages of a site, parsed."""
    found = sorted(folder.rglob("*.html"))
    return {path.relative_to(folder).as_posix(): tree(path.read_text(encoding="utf-8")) for path in found}


def text_of(page: ET.Element) -> str:
    """Return what a page says, without its styles, spaces folded."""
    parts = [" ".join(node.itertext()) for node in page.iter("main")]
    return " ".join(" ".join(parts).split())


def section(page: ET.Element, title: str) -> ET.Element:
    """Return the section under a heading."""
    found = [node for node in page.iter("section") if (node.findtext("h2") or "") == title]
    assert len(found) == 1, f"{title} stands {len(found)} times on the page"
    return found[0]


def rows(node: ET.Element) -> list[list[str]]:
    """Return the cells of all rows of the tables in a part of a page."""
    found = [[" ".join("".join(cell.itertext()).split()) for cell in row.iter("td")] for row in node.iter("tr")]
    return [cells for cells in found if cells]


def foreign(page: ET.Element) -> list[str]:
    """Return tags and attributes that no page of ours has."""
    found = []
    for node in page.iter():
        if node.tag not in TAGS:
            found.append(node.tag)
        found += [f"{node.tag} {name}" for name in node.attrib if name not in ATTRIBUTES]
        if not node.get("src", "data:image/").startswith("data:image/"):
            found.append(f"src {node.get('src')}")
    return found


def misplaced(page: ET.Element) -> list[str]:
    """Return elements that a browser would move elsewhere: blocks inside paragraphs, cells outside rows."""
    blocks = {"div", "dl", "table", "ul", "p", "details", "pre", "figure", "section", "h2", "h3"}
    inside = [f"<{node.tag}> in <p>" for one in page.iter("p") for node in one.iter() if node.tag in blocks - {"p"}]
    nested = [f"<{child.tag}> in <table>" for node in page.iter("table") for child in node if child.tag not in _ROWS]
    return [*inside, *nested]


def broken_links(site: Mapping[str, ET.Element]) -> Iterator[str]:
    """Yield links that lead to no page of the site, or to no place on it."""
    anchors = {path: {node.get("id") for node in page.iter()} for path, page in site.items()}
    for path, page in site.items():
        for node in page.iter("a"):
            parts = urlsplit(node.get("href", ""))
            if parts.scheme or parts.netloc or parts.path.startswith("/"):
                yield f"{path}: {node.get('href')} is not relative"
                continue
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path))) if parts.path else path
            )
            if target not in site:
                yield f"{path}: there is no {target}"
            elif parts.fragment and unquote(parts.fragment) not in anchors[target]:
                yield f"{path}: {target} has no {parts.fragment}"
