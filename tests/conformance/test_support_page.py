"""The published support matrix is what the code says."""

from __future__ import annotations

from pathlib import Path

from modelwright.adapters.local.support import SUPPORT
from modelwright.cli.support_page import support_page
from modelwright.spec.feature import FEATURES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "support.md"


def test_the_committed_page_is_written_from_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == support_page(), "python -m modelwright.cli.reference docs/reference"


def test_every_feature_stands_on_it_once_with_its_answer() -> None:
    rows = [line for line in support_page().splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in rows] == list(FEATURES)
    for line, feature in zip(rows, FEATURES, strict=True):
        assert f"**{SUPPORT[feature].level}**" in line
