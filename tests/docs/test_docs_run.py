"""Every block of every page does what the page says it does."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.docs.markdown import read_page
from tests.docs.pages import REPOSITORY, run_pages
from tests.docs.running import Script, pattern_of, treatment_of

from modelwright.cli.ledger_page import event_kinds
from modelwright.ledger.event import Event


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", run_pages(), ids=name_of)
def test_a_page_does_what_it_says(path: Path, tmp_path: Path) -> None:
    script = Script(read_page(path), tmp_path, dict(os.environ))
    try:
        script.run()
    finally:
        script.end()
    sys.stdout.writelines(f"not run: {reason}\n" for reason in script.skipped)
    assert not [said for event in script.decided if (said := undocumented(event))]


def undocumented(event: Event) -> str:
    """Say what docs/reference/ledger.md lacks of an event that was really written."""
    kind = event_kinds().get(event.kind)
    if kind is None:
        return f"{event.reference}: {event.kind} is in no table"
    wrong = kind.stream.partition("/")[0] != event.stream.partition("/")[0]
    unknown = sorted(event.body.keys() - kind.body.keys())
    return f"{event.reference}: {event.kind} has {unknown}, stream {kind.stream}" if wrong or unknown else ""


def test_no_block_is_without_treatment_and_few_are_skipped() -> None:
    treated: Counter[str] = Counter()
    skipped: list[str] = []
    for path in run_pages():
        for block in read_page(path).blocks:
            treated[treatment_of(block).__name__] += 1
            if "skip" in block.attributes:
                skipped.append(f"{name_of(path)}:{block.line} {block.attributes['skip']}")
    sys.stdout.writelines(f"not run: {reason}\n" for reason in skipped)
    assert treated["execute"] > 4 * treated["skip"], skipped


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        ("run  train-1\nseconds  …", "run      train-1\nseconds  4.279\n", True),
        ("run  train-1\nseconds  …", "run  train-2\nseconds  4.279\n", False),
        ("first\n…\nlast", "first\nlast\n", True),
        ("first\n…\nlast", "first\na\nb\nlast\n", True),
        ("first\n…", "first\na\nb\n", True),
        ("first\nlast", "first\n", False),
        ("a.c", "abc", False),
    ],
)
def test_shown_output_stands_for_what_was_said(shown: str, said: str, same: bool) -> None:
    assert bool(pattern_of(shown).fullmatch(said.strip("\n") + "\n")) is same
