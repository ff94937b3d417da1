"""Eight processes do the same to one project at once: `python -m tests.survival.racing <folder>`.

Prints, for each verb, how every process ended and what it said, and what was wrong afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from tests.lifecycle.living import FAST
from tests.survival import kept
from tests.survival.mortal import ends
from tests.survival.wards import Wards

PROCESSES = 8
RUNS = 4
_COMMAND = "from modelwright.cli.main import main; main()"


def together(wards: Wards, commands: list[list[str]]) -> list[dict[str, Any]]:
    """Give all commands at once, each to a process of its own; return how each ended, with its JSON document."""
    started = [_start(wards, command) for command in commands]
    return [_ended(process) for process in started]


def _start(wards: Wards, command: list[str]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "USER": "ann", "LOGNAME": "ann"}
    argv = [sys.executable, "-c", _COMMAND, *command, "--json"]
    return subprocess.Popen(argv, cwd=wards.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _ended(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    out, error = process.communicate(timeout=280)
    try:
        document = json.loads(out)
    except ValueError:
        document = {"diagnostics": [{"message": error.decode(errors="replace")[-500:]}]}
    said = " ".join(str(each.get("message", "")) for each in document.get("diagnostics", []))
    return {"status": process.returncode, "said": said, "result": document.get("result")}


def race(folder: Path) -> dict[str, Any]:
    """Train, then register, promote and roll back by eight processes each, and judge from outside."""
    wards, started = Wards(folder / "race"), time.monotonic()
    ended: dict[str, list[dict[str, Any]]] = {}
    try:
        wards.write(endpoint=f"rollout={FAST}")
        assert ends(wards.up)
        assert ends(partial(_fit, wards))
        runs = [f"fit-{number % RUNS + 1}" for number in range(PROCESSES)]
        ended["register"] = together(wards, [["model", "register", run] for run in runs])
        assert ends(partial(wards.promote, 1))
        promoted = [["model", "promote", f"risk:{number % RUNS + 1}"] for number in range(PROCESSES)]
        ended["promote"] = together(wards, promoted)
        ended["rollback"] = together(wards, [["endpoint", "rollback", "api", "--reason", "race", "-y"]] * PROCESSES)
        ends(wards.settle)
        champion = kept.champions(wards.events("model/risk"))[-1]
        wrong = wards.disorder(champion or 0)
        versions = [body["run"] for body in wards.bodies("model/risk", "version.registered")]
        restored = [b["restores"] for b in wards.bodies("endpoint/api", "release.planned")]
    finally:
        ends(wards.destroy)
    wrong += [f"left behind: {name}" for name in wards.running().values()]
    seconds = round(time.monotonic() - started)
    return {"ended": ended, "versions": versions, "restored": restored, "wrong": wrong, "seconds": seconds}


def _fit(wards: Wards) -> None:
    client = wards.connect()
    runs = [client.train("fit", {"C": 1.0 / (number + 1)}) for number in range(RUNS)]
    for run in runs:
        run.wait(timeout=240)


if __name__ == "__main__":
    print(json.dumps(race(Path(sys.argv[1]))))  # noqa: T201  a script
