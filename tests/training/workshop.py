"""A small project on disk, its training code, and the config of a run: what every training test starts from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb


@dataclass(frozen=True, slots=True)
class Workshop:
    """A project folder with training code and data, and the control store that runs write to."""

    root: Path

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def control(self) -> Path:
        return self.root / "control"

    @property
    def data(self) -> Path:
        return self.root / "lake" / "rows"

    def code(self, text: str, file: str = "training.py") -> None:
        path = self.project / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def parquet(self, name: str, query: str) -> Path:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return path

    def config(self, run: str = "job-1", **changes: Any) -> dict[str, Any]:
        document: dict[str, Any] = {
            "schema": "modelwright.train/1",
            "job": run.rpartition("-")[0],
            "run": run,
            "entrypoint": "training.py:train",
            "root": self.project.as_uri(),
            "inputs": {},
            "features": None,
            "hyperparameters": {},
            "output": self.control.as_uri(),
            "checkpoint": None,
            "timeout": 60,
            "holdout": None,
            "tuning": None,
            "seed": 7,
            "now": "2013-03-05T00:00:00Z",
        }
        return {**document, **changes}

    def result(self, run: str = "job-1") -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.control / "runs" / run / "result.json").read_text())
        return found

    def train(self, config: Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None) -> Ended:
        """Run the training workload as a process of its own, as every platform does."""
        file = self.root / "config.json"
        file.write_text(json.dumps(config or self.config()))
        return run_python("-m", "modelwright.workload", "train", "--config", str(file), env=env)


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    output: str


def run_python(*arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout)


PLAIN = """
    def double(columns):
        return columns["x"] * 2.0

    def train(context):
        import numpy as np

        context.log_metrics({"error": 0.25})
        rows = {"x": np.arange(5.0)}
        context.save(double, sample=rows, reference=rows, opt_in="callable")
"""
"""Training code that needs nothing heavy: a function is the model."""
