"""One command run to its end and measured from outside: wall time, processor time, peak memory, and what it said."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SIDES = Path(__file__).resolve().parent / "sides"
_KEPT = ("HOME", "LANG", "PATH", "TMPDIR", "UV_CACHE_DIR", "UV_INDEX_URL", "PIP_INDEX_URL", "SSL_CERT_FILE")
_SAID = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "FEAST_USAGE": "False"}


class SideFailedError(Exception):
    """A measured command ended with another status than 0; the text is the end of what it wrote."""


@dataclass(frozen=True, slots=True)
class Ran:
    """Seconds of wall and of processor time, peak memory in MB, and the last line of output where it is JSON."""

    seconds: float
    cpu: float
    peak: float
    said: Mapping[str, Any]


def environment(**more: str) -> dict[str, str]:
    """Return the variables of a measured process: what programs need, and no word of ours or the peers'."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | _SAID | more


def run(command: Sequence[str], *, cwd: Path = ROOT, variables: Mapping[str, str] | None = None) -> Ran:
    """Run a command and measure it with its children. Raises `SideFailedError`."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaints:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=cwd, env=environment(**(variables or {})), stdout=output, stderr=complaints
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)  # waited for here, and not by subprocess
        output.seek(0)
        complaints.seek(0)
        text = output.read().decode(errors="replace")
        if child.returncode:
            tail = (text + complaints.read().decode(errors="replace")).strip()[-800:]
            raise SideFailedError(f"{' '.join(command[:3])} ended with {child.returncode}: {tail}")
    return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, _last_line(text))


def side(python: Path, script: str, *, variables: Mapping[str, str] | None = None, **arguments: Any) -> Ran:
    """Run a script of `sides/` in an environment; it gets its arguments as JSON and prints a JSON document."""
    return run([str(python), str(SIDES / script), json.dumps(arguments)], variables=variables)


def _last_line(text: str) -> Mapping[str, Any]:
    lines = text.strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
