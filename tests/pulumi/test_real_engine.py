"""The flights stack by Pulumi's own engine, where the CLI and a provider for this machine are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.pulumi.conftest import FLIGHTS
from tests.pulumi.engine.engine import Engine

NEEDED = ("pulumi", "pulumi-language-python")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
if find_spec("pip") is None:
    MISSING.append("pip in this environment, by which Pulumi lists packages")


@pytest.mark.skipif(bool(MISSING), reason=f"not there: {', '.join(MISSING)}")
def test_the_real_engine_updates_finds_no_changes_and_destroys_without_a_trace(flights: Engine, tmp_path: Path) -> None:
    state = flights.folder.parents[1] / FLIGHTS / ".modelwright/dev"
    (tmp_path / "state").mkdir()
    settings = {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": "of this test"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def pulumi(*arguments: str) -> str:
        command = ["pulumi", *arguments, "--non-interactive"]
        done = subprocess.run(command, cwd=flights.folder, env={**os.environ, **settings, "PATH": path},
                              capture_output=True, text=True, check=False, timeout=240)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pulumi("stack", "init", "dev")
    pulumi("up", "--yes", "--skip-preview")
    pulumi("preview", "--expect-no-changes")
    assert pulumi("stack", "output", "delay_api").startswith("http://127.0.0.1:")

    (state / "online/features.sqlite").unlink()
    pulumi("refresh", "--yes", "--skip-preview")
    pulumi("up", "--yes", "--skip-preview")
    assert (state / "online/features.sqlite").is_file(), "what is gone is found, and made again"

    pulumi("config", "set", "modelwright:allow-data-loss", "foundation,lake,features")
    pulumi("up", "--yes", "--skip-preview")
    pulumi("destroy", "--yes", "--skip-preview")
    assert not state.parent.exists(), "nothing is left"
