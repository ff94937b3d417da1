"""Runs a program and watches it from outside: all its processes, what memory they share out, and who is left behind."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import eventually

_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Watched:
    """A program that ended: its status, what it printed, its seconds, peak memory, and processes that outlived it."""

    status: int
    output: str
    seconds: float
    peak: int
    left: tuple[str, ...]


def watch(command: Sequence[str], log: Path, *, within: float, going: float = 5.0) -> Watched:
    """Run a command and follow all its processes, which inherit a mark in their environment.

    The peak is the largest sum of their proportional set sizes in bytes. A command that runs longer is ended. What it
    started has `going` seconds to end after it.
    """
    begun, peak, mark = time.monotonic(), 0, f"WATCHED={uuid.uuid4()}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODELWRIGHT_")}
    surroundings = kept | {"WATCHED": mark.partition("=")[2]}
    with log.open("w") as output:
        program = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=surroundings, cwd=log.parent)
        try:
            while program.poll() is None and time.monotonic() < begun + within:
                peak = max(peak, sum(_shared_out(pid) for pid in _marked(mark)))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    program.wait(_EVERY)
        finally:
            program.kill()
            status = program.wait()
    seconds = time.monotonic() - begun
    with contextlib.suppress(AssertionError):
        eventually(lambda: not _marked(mark), within=going)
    left = tuple(_read(pid, "cmdline").replace("\0", " ").strip() for pid in _marked(mark))
    return Watched(status, log.read_text(), seconds, peak, left)


def _marked(mark: str) -> list[int]:
    """Return the living processes with a mark; one that has ended, and waits to be asked how, has no environment."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [pid for pid in numbers if mark in _read(pid, "environ").split("\0")]


def _shared_out(pid: int) -> int:
    found = [line.split()[1] for line in _read(pid, "smaps_rollup").splitlines() if line.startswith("Pss:")]
    return 1024 * int(found[0]) if found else 0


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""  # it has just ended, or is another user's
