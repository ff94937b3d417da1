"""The machine at the far end: `python worker.py FOLDER` runs every job that waits in a spool, and says how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def work(root: Path) -> list[str]:
    """Run the jobs that wait below `root`, the folder of one environment, and return their names."""
    done = root / "done"
    done.mkdir(exist_ok=True)
    waiting = [path for path in sorted((root / "incoming").glob("*.json")) if not (done / path.name).exists()]
    for path in waiting:
        asked = json.loads(path.read_bytes())
        config = path.with_suffix(".config")
        config.write_text(json.dumps(asked["config"]))
        command = [sys.executable, "-m", "modelwright.workload", asked["verb"], "--config", str(config)]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=asked["timeout"])
        state = "failed" if said.returncode else "succeeded"
        (done / path.name).write_text(
            json.dumps({"state": state, "reason": said.stderr[-2000:] if state == "failed" else ""})
        )
    return [path.stem for path in waiting]


if __name__ == "__main__":
    print(*work(Path(sys.argv[1])), sep="\n")  # noqa: T201  # a command says what it did
