"""Runs a program and watches it from outside: all its processes, what memory they share out, and who is left behind."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.25
_PSS = "Pss:"


@dataclass(frozen=True, slots=True)
class Watched:
    """A program that ended: its status, what it printed, its seconds, peak memory, and processes that outlived it."""

    status: int
    output: str
    seconds: float
    peak: int
    left: tuple[str, ...]


def watch(command: Sequence[str], folder: Path, log: Path, *, within: float) -> Watched:
    """Run a command whose processes are its descendants and those that name its folder.

    The peak is the largest sum of their proportional set sizes in bytes. A command that runs longer is ended.
    """
    begun, peak = time.monotonic(), 0
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("MODELWRIGHT_")}
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=surroundings, cwd=log.parent)
        try:
            while process.poll() is None and time.monotonic() < begun + within:
                peak = max(peak, sum(_pss(pid) for pid in _processes(process.pid, folder)))
                try:
                    process.wait(_EVERY)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            process.kill()
            process.wait()
    seconds = time.monotonic() - begun
    left = tuple(_command(pid) for pid in _naming(folder))
    return Watched(process.returncode, log.read_text(), seconds, peak, left)


def _processes(root: int, folder: Path) -> set[int]:
    parents = {pid: parent for pid in _all() if (parent := _parent(pid)) is not None}
    found = {root, *_naming(folder)}
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= more
    return found


def _naming(folder: Path) -> list[int]:
    """Return the processes with a path inside the folder on their command line."""
    return [pid for pid in _all() if f"{folder}/" in _command(pid)]


def _all() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _command(pid: int) -> str:
    return _read(pid, "cmdline").replace("\0", " ").strip()


def _parent(pid: int) -> int | None:
    text = _read(pid, "stat")
    return int(text.rpartition(")")[2].split()[1]) if text else None


def _pss(pid: int) -> int:
    found = [line.split()[1] for line in _read(pid, "smaps_rollup").splitlines() if line.startswith(_PSS)]
    return 1024 * int(found[0]) if found else 0


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""  # it has just ended
