"""Links lead somewhere: every file and every anchor that a page names is there, and every page can be found."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.markdown import anchors, read_page
from tests.docs.pages import DOCS, REPOSITORY, linked_pages


@pytest.mark.parametrize("path", linked_pages(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_somewhere(path: Path) -> None:
    broken = [link for link in read_page(path).links if not leads_somewhere(path, link)]
    assert broken == []


def leads_somewhere(page: Path, link: str) -> bool:
    if link.startswith(("https://", "http://", "mailto:")):
        return True
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists() or not target.is_relative_to(REPOSITORY):
        return False
    return not anchor or anchor in read_page(target).anchors


def test_every_page_is_reached_from_the_index() -> None:
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        found = [(page.parent / link.partition("#")[0]).resolve() for link in read_page(page).links]
        waiting += [path for path in found if path.suffix == ".md" and path.is_relative_to(DOCS) and path.exists()]
    written = {path for path in DOCS.rglob("*.md") if not path.is_relative_to(DOCS / "decisions")}
    assert written <= reached


def test_anchors_are_those_of_github() -> None:
    headings = ["One clock", "What `up` does", "MW1001: usage", "Same", "Same", "A [link](x.md) here"]
    expected = ["one-clock", "what-up-does", "mw1001-usage", "same", "same-1", "a-link-here"]
    assert list(anchors(headings)) == expected
