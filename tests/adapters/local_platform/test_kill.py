"""A command killed at any moment is finished by the same command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("scenario", ["up", "change", "destroy"])
def test_the_same_command_finishes_what_a_killed_one_began(tmp_path: Path, scenario: str) -> None:
    argv = [sys.executable, "-m", "tests.adapters.local_platform.sweep", str(tmp_path), scenario]
    root = Path(__file__).parents[3]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=root, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["wrong"] == []
    assert result["points"] > 20
