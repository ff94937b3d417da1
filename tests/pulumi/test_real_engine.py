"""The flights stack by Pulumi's own engine, where the CLI and a provider for this machine are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.pulumi.conftest import PROGRAM
from tests.pulumi.engine.engine import Engine

NEEDED = ("pulumi", "pulumi-resource-local")
MISSING = [name for name in NEEDED if shutil.which(name) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"not on PATH: {', '.join(MISSING)}")
def test_the_real_engine_updates_and_then_finds_no_changes(flights: Engine, tmp_path: Path) -> None:
    (flights.folder / "__main__.py").write_text(PROGRAM)
    (flights.folder / "Pulumi.yaml").write_text("name: flights\nruntime: python\n")
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
