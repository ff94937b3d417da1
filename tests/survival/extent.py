"""How far a sweep goes, and the scripts that do it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = "MODELWRIGHT_SURVIVAL_RESULTS"
_RESULTS = os.environ.get(RESULTS, "")


@dataclass(frozen=True, slots=True)
class Extent:
    """How far to go, and by which dice."""

    full: bool
    seed: int

    def pick(self, few: int, many: int) -> int:
        """Return the larger number when all is to be swept."""
        return many if self.full else few

    def run(self, script: str, *arguments: object) -> dict[str, Any]:
        """Run one of this folder's scripts: what forks and kills needs a process without threads; keep the result."""
        argv = [sys.executable, "-m", f"tests.survival.{script}", *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        found |= {"script": script, "seed": self.seed, "stderr": done.stderr[-2000:] if found["wrong"] else ""}
        self.keep(found)
        return found

    def keep(self, found: dict[str, Any]) -> None:
        """Append a result to the file that `make test-full` names."""
        if _RESULTS:
            with Path(_RESULTS).open("a") as file:
                file.write(json.dumps({"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", **found}) + "\n")
