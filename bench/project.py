"""Checking and compiling a whole project from a cold start."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from bench.declared import mixed
from bench.environments import ready
from bench.process import ROOT, run
from bench.sizes import sizes
from bench.table import Section, at_most

LIMIT, SMALLEST, ROUNDS = 0.5, 30, 7


def measure() -> Section:
    """Measure `validate` and `compile` of the flights example and of generated projects, each in a fresh process."""
    section = Section(
        "project",
        "Validate and compile",
        "Wall time of the console script in a fresh process: Python's start, the project's import, all checks, "
        "the assembly.",
    )
    script = str(ready("modelwright").script("modelwright"))
    with tempfile.TemporaryDirectory(prefix="bench-project-") as root:
        flights = Path(root, "flights")
        shutil.copytree(ROOT / "examples" / "01_flights", flights, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        folders = [("examples/01_flights", flights, True)]
        for size in sizes(1, 1, 1):
            count = SMALLEST * size.times
            folder = Path(root, f"mixed-{count}")
            mixed(folder, count)
            folders.append((f"{size.name}: {count} resources", folder, True))
        for verb in ("validate", "compile"):
            for label, folder, judged in folders:
                run([script, verb], cwd=folder)
                seconds = [run([script, verb], cwd=folder).seconds for _ in range(ROUNDS)]
                section.rows.append(at_most(f"`modelwright {verb}`", label, "s", seconds, LIMIT if judged else None))
    return section
