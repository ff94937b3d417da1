"""Each house rule finds what it forbids, leaves alone what it allows, and the repository keeps them all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "scripts" / "house.py"
MARK = "TO" + "DO"
LONG = "x = 1\n" * 301

BROKEN = [
    ("src/modelwright/a.py", LONG, "301 lines, more than 300"),
    ("src/modelwright/utils.py", "", "the name 'utils' says nothing"),
    ("src/modelwright/helpers/a.py", "", "the name 'helpers' says nothing"),
    ("src/modelwright/base_adapter.py", "", "the name 'base_adapter' says nothing"),
    ("tests/a/test_common.py", "", "the name 'test_common' says nothing"),
    ("src/modelwright/a.py", "class ModelManager:\n    pass\n", "the class name 'ModelManager' says nothing"),
    ("docs/a.md", f"{MARK}: write this\n", f"{MARK}: finish it"),
    ("src/modelwright/a.py", "def f():\n    raise NotImplementedError\n", "leave out what does not exist"),
    ("src/modelwright/a.py", "try:\n    f()\nexcept Exception:\n    pass\n", "swallows every error"),
    ("src/modelwright/a.py", "try:\n    f()\nexcept:\n    ...\n", "swallows every error"),
    ("src/modelwright/a.py", "try:\n    import x\nexcept ImportError:\n    pass\n", "swallows every error"),
    ("src/modelwright/a.py", "with contextlib.suppress(Exception):\n    f()\n", "suppresses every error"),
    ("tests/a.py", "path = '/" + "home/ada/flights'\n", "is a folder of one machine"),
    ("README.md", "cd /" + "root\n", "is a folder of one machine"),
    ("tests/a.py", "from unittest import mock\n", "imports mocks"),
    ("tests/a.py", "import unittest.mock\n", "imports mocks"),
    ("tests/a.py", "from unittest.mock import patch\n", "imports mocks"),
    ("tests/a.py", "import time\ntime.sleep(1)\n", "sleeps: use `eventually`"),
    ("tests/a.py", "from time import sleep\n", "sleeps: use `eventually`"),
    ("src/modelwright/a.py", "import x  # no" + "qa\n", "write the code that is ignored"),
    ("src/modelwright/a.py", "import x  # no" + "qa: F401\n", "write the code that is ignored"),
    ("src/modelwright/a.py", "f()  # type: " + "ignore[misc]\n", "write the code that is ignored"),
    ("pyproject.toml", '[tool.ruff.lint]\nignore = [\n  "D203",\n]\n', "ruff ignores D203 without a reason"),
    ("src/modelwright/a.py", "if record.adapter == 'local':\n    f()\n", "tests an adapter's name"),
    ("docs/decisions/0002-second.md", "# 0002: Second\n", "expected the name 0001-"),
    ("docs/decisions/0001-first.md", "# First\n", "the first line must be `# 0001: <title>`"),
    ("pyproject.toml", "[tool.house.long]\n'src/gone.py' = 'a table'\n", "lists src/gone.py, which does not exist"),
]
KEPT = [
    ("src/modelwright/a.py", "x = 1\n" * 300),
    ("tests/test_a.py", LONG),
    ("src/modelwright/base.py", ""),
    ("src/modelwright/commonly.py", ""),
    ("src/modelwright/support.py", "ANSWER = todo('upstream has no such call')\n"),
    ("src/modelwright/a.py", "try:\n    f()\nexcept Exception as error:\n    report(error)\n"),
    ("src/modelwright/a.py", "try:\n    f()\nexcept KeyError:\n    pass\n"),
    ("src/modelwright/a.py", "import x  # no" + "qa: F401  # the door for plugins\n"),
    ("README.md", "See https://example.org/work/ and `<project>/work/`.\n"),
    ("tests/waiting.py", "import time\ntime.sleep(1)\n"),
    ("pyproject.toml", '[tool.ruff.lint]\nignore = [\n  "D203", # conflicts with D211\n]\n'),
    ("src/modelwright/adapters/local/a.py", "if record.adapter == 'local':\n    f()\n"),
    ("docs/decisions/0001-first.md", "# 0001: First\n"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository that holds nothing but the script."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "house.py").write_bytes(HOUSE.read_bytes())
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def check(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "scripts" / "house.py")], capture_output=True, text=True, check=False
    )


def plant(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(("path", "text", "message"), BROKEN)
def test_what_is_forbidden_is_found(tree: Path, path: str, text: str, message: str) -> None:
    plant(tree, path, text)
    answer = check(tree)
    assert answer.returncode == 1, answer.stderr
    assert message in answer.stdout
    assert answer.stdout.count("\n") == 2, "one violation and the closing line"


@pytest.mark.parametrize(("path", "text"), KEPT)
def test_what_is_allowed_is_left_alone(tree: Path, path: str, text: str) -> None:
    plant(tree, path, text)
    answer = check(tree)
    assert (answer.returncode, answer.stdout) == (0, "house rules: no violations\n")


def test_a_listed_exception_with_a_reason_is_allowed(tree: Path) -> None:
    plant(tree, "src/modelwright/table.py", LONG)
    plant(tree, "pyproject.toml", "[tool.house.long]\n'src/modelwright/table.py' = 'one row per provider error'\n")
    assert check(tree).returncode == 0


def test_what_git_ignores_is_not_read(tree: Path) -> None:
    plant(tree, ".gitignore", "/build/\n")
    plant(tree, "build/utils.py", f"# {MARK}\n")
    assert check(tree).returncode == 0
