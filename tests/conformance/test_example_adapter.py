"""Example 05 does what its README says: built and installed as anybody's adapter, it passes the kit and runs a job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conformance import wheels

EXAMPLE = Path(__file__).parents[2] / "examples" / "05_adapter"
COMMAND = "from modelwright.cli.main import main; main()"
TRAIN = """
import runpy, sys
from pathlib import Path
from modelwright import connect

client = connect("project.py")
client.up()
run = client.train("learn")
worked = runpy.run_path("worker.py")["work"](Path("spool/on-a-spool/dev"))
run.wait()
print(worked, run.state.state, run.metrics)
"""

pytestmark = pytest.mark.xdist_group("example_adapter")  # one worker: the wheel is built once


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the example's wheel is installed."""
    folder = tmp_path_factory.mktemp("spool")
    return wheels.install(wheels.build(EXAMPLE, folder), folder / "site")


def python(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=280
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project beside an installed adapter, not beside its source."""
    for name in ("project.py", "worker.py", "test_spool.py"):
        shutil.copy(EXAMPLE / name, tmp_path / name)
    return tmp_path


def test_its_own_tests_pass(site: Path, folder: Path) -> None:
    said = python(site, folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_spool.py")
    assert said.returncode == 0, said.stdout + said.stderr
    assert " passed" in said.stdout


def test_its_adapter_is_short() -> None:
    lines = (EXAMPLE / "spool_modelwright" / "adapter.py").read_text().splitlines()
    assert len(lines) < 150


def test_a_job_runs_through_the_spool(site: Path, folder: Path) -> None:
    said = python(site, folder, "-c", TRAIN)
    assert said.returncode == 0, said.stderr
    assert "['learn-1'] succeeded {'accuracy':" in said.stdout
    control = folder / "spool/on-a-spool/dev/control"
    assert json.loads((control / "platform.json").read_text())["adapter"] == "spool"
    assert (control / "runs/learn-1/model/manifest.json").exists()


def test_what_it_cannot_do_is_refused_by_name(site: Path, folder: Path) -> None:
    text = (folder / "project.py").read_text().replace('DataStore("lake")', 'DataStore("lake", retention="30d")')
    (folder / "project.py").write_text(text)
    said = python(site, folder, "-c", COMMAND, "compile")
    assert said.returncode == 2
    assert "lake relies on data_store.retention: not yet, nobody has needed it yet" in said.stderr
