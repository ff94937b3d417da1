"""The README is true: its small project is written to a folder as shown, and its commands are typed as shown."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = Path(sys.executable).with_name("modelwright")


def modelwright(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(COMMAND), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for name, code in re.findall(r"`(\w+\.py)`:\n\n```python\n(.*?)```", README, re.DOTALL):
        (tmp_path / name).write_text(code)
    yield tmp_path
    modelwright(tmp_path, "destroy", "--yes", "--allow-data-loss", "foundation")


def test_the_small_project_trains_and_answers(folder: Path) -> None:
    typed = re.findall(r"^modelwright (.*?)\s*(?:#.*)?$", README, re.MULTILINE)
    assert [line.split()[0] for line in typed] == ["up", "train", "endpoint"]
    for line in typed:
        answer = modelwright(folder, *shlex.split(line))
        assert answer.returncode == 0, f"{line}\n{answer.stdout}\n{answer.stderr}"
    assert "PREDICTION" in answer.stdout
    assert modelwright(folder, "ledger", "verify").returncode == 0


def test_every_command_that_make_is_asked_for_exists() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^make ([a-z]+)", pages, re.MULTILINE)) <= known


def test_every_file_that_is_linked_exists() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8")):
            assert (ROOT / target).exists(), f"{page} links {target}"
