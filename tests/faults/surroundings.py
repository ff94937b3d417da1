"""The real command line in a process of its own, in surroundings that a test makes as bad as it likes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.shells import call

COMMAND = [sys.executable, "-c", "from modelwright.cli.main import main; main()"]

PROJECT = """
from modelwright import Endpoint, Environment, Model, ModelRegistry, Project, TrainingJob


def train(context):
    from sklearn.dummy import DummyClassifier

    rows = [[0.0], [1.0], [2.0], [3.0]]
    context.log_metrics({"accuracy": 0.5})
    context.save(DummyClassifier().fit(rows, [0, 1, 1, 1]), sample=rows, reference=rows, labels=[0, 1, 1, 1])


def large(context):
    context.log_figure("large", b"\\x89PNG" + bytes(4 << 20))
    train(context)


def slow(context):
    import pathlib
    import time

    pathlib.Path("begun").touch()
    time.sleep(600)


fit = TrainingJob("fit", entrypoint="project.py:train")
more = [TrainingJob("large", entrypoint="project.py:large"), TrainingJob("slow", entrypoint="project.py:slow")]
models = ModelRegistry("models", models=[Model("risk", training=fit)])
api = Endpoint("api", serves="risk@champion", capture=1.0)
project = Project("ward", [fit, *more, models, api], environments={"dev": Environment("local")})
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command line answered."""

    status: int
    out: str
    err: str

    @property
    def result(self) -> Any:
        """The result in the JSON document on standard output."""
        return json.loads(self.out)["result"]


def write_project(folder: Path) -> Path:
    """Write a project that trains in no time into a folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.py").write_text(PROJECT)
    return folder


def mw(*arguments: str, folder: Path, env: Mapping[str, str | None] | None = None,
       before: Callable[[], None] | None = None, python: str | None = None) -> Said:  # fmt: skip
    """Run `modelwright <arguments>` in a folder; `env` adds variables or (None) removes them, `before` runs first."""
    argv = [python, *COMMAND[1:]] if python else COMMAND
    done = subprocess.run([*argv, *arguments], cwd=folder, env=_surroundings(env), capture_output=True,
                          check=False, timeout=180, preexec_fn=before)  # fmt: skip
    said = Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    assert "Traceback (most recent" not in said.err, said.err
    assert said.status != 255, said.err
    return said


def within(*arguments: str, folder: Path) -> Said:
    """Run a command line in this process, which takes a fifth of the time: for tables of many cases."""
    said = call(*arguments, folder=folder, COLUMNS="400")
    assert said.status != 255, said.err
    return Said(said.status, said.out, said.err)


def starting(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    """Start `modelwright <arguments>` in a folder."""
    return subprocess.Popen([*COMMAND, *arguments], cwd=folder, env=_surroundings(None), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)  # fmt: skip


def works(*arguments: str, folder: Path, env: Mapping[str, str | None] | None = None) -> Said:
    """Run a command that has to succeed."""
    said = mw(*arguments, folder=folder, env=env)
    assert said.status == 0, said.err
    return said


def destroy(folder: Path) -> None:
    """End and remove everything that a project has started and made."""
    mw("destroy", "--yes", "--allow-data-loss", "foundation", folder=folder)


def largest_file(size: int) -> Callable[[], None]:
    """Return what lets a process write files of so many bytes at most, as a disk that fills up does."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write then fails with EFBIG
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def state(folder: Path) -> Path:
    """Return the state folder of a project's only environment."""
    return folder / ".modelwright" / "dev"


def _surroundings(changes: Mapping[str, str | None] | None) -> dict[str, str]:
    found: dict[str, str | None] = {**os.environ, "COLUMNS": "400", **(changes or {})}
    return {name: value for name, value in found.items() if value is not None}
