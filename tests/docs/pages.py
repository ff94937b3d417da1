"""Which pages there are, and which of them are written from code."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
GENERATED = DOCS / "reference"
OWN_TESTS = [DOCS / "decisions", DOCS / "survival.md", REPOSITORY / "examples"]
"""Pages whose commands other tests run, or that have none."""


def run_pages() -> list[Path]:
    """Return the pages whose blocks are run: the README and all that is written by hand for users."""
    found = [REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md"))]
    return [path for path in found if not any(path.is_relative_to(part) for part in (GENERATED, *OWN_TESTS))]


def linked_pages() -> list[Path]:
    """Return the pages whose links are followed: every page of the repository."""
    places = [REPOSITORY.glob("*.md"), DOCS.rglob("*.md"), (REPOSITORY / "examples").glob("*/*.md")]
    return sorted(path for place in places for path in place)
