"""What README and CONTRIBUTING ask make for exists; their blocks and links are tested in tests/docs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_command_that_make_is_asked_for_exists() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = "".join((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "CONTRIBUTING.md"))
    asked = set(re.findall(r"(?:^|`)make ([a-z-]+)", pages, re.MULTILINE))
    assert asked, "no page names make"
    assert asked <= known
