"""Reference pages are what the code says, and what they say by hand is compared with the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import GENERATED, REPOSITORY

from modelwright.cli.fields import kind_note, kinds
from modelwright.cli.ledger_page import event_kinds, streams
from modelwright.cli.reference import PAGES
from modelwright.cli.schema_page import unwritten

SOURCE = REPOSITORY / "src/modelwright"
DECIDE = ("client", "lifecycle")
"""The packages that write events."""
KIND = re.compile(rf"(?:{'|'.join(sorted({name.partition('.')[0] for name in event_kinds()}))})\.[a-z]+")


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    again = "write it again: python -m modelwright.cli.reference docs/reference"
    assert (GENERATED / name).read_text(encoding="utf-8") == PAGES[name](), again


def test_every_field_of_a_project_says_what_it_means_and_how_it_is_written() -> None:
    silent = [
        field.path for name, kind in kinds().items() for field in kind_note(name, kind).fields if not field.meaning
    ]
    assert (silent, unwritten()) == ([], set())


def test_the_kinds_of_events_are_those_that_are_written() -> None:
    written = {kind for part in DECIDE for path in (SOURCE / part).rglob("*.py") for kind in kinds_written_in(path)}
    assert written == set(event_kinds())
    assert {kind.stream for kind in event_kinds().values()} == set(streams())


def kinds_written_in(path: Path) -> Iterator[str]:
    """Yield every string that names a kind and is neither compared with nor the key of a table: those are read."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    read: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            read |= {id(part) for side in (node.left, *node.comparators) for part in (side, *getattr(side, "elts", ()))}
        elif isinstance(node, ast.Dict):
            read |= {id(key) for key in node.keys}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in read and KIND.fullmatch(str(node.value)):
            yield str(node.value)
