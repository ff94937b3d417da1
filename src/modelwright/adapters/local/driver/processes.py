"""Detached processes that outlive their caller, known by a folder and a name.

Beside the process stands `<name>.pid.json` with its pid, start time and boot: a pid that was given to another process
since is never taken for ours, and never signalled. A caller killed between starting a process and noting its pid
leaves no stray: the process carries its folder and name in its environment and is found there.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MARK = "MODELWRIGHT_PROCESS"
_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Identity:
    """One process and no other: its pid, its start time as the system spells it, and the boot that both belong to."""

    pid: int
    started: str
    boot: str


def spawn(argv: Sequence[str], *, folder: Path, name: str, env: Mapping[str, str], log: Path) -> None:
    """Start a process in a session of its own, its output appended to `log`; one that is alive is left as it is.

    `env` is the whole environment. Raises `OSError` when the program cannot be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder, name):
        if identity(folder, name) is not None:
            return
        # A note of a process that is gone would hide the new one from whoever looks before it is noted itself.
        _pid_file(folder, name).unlink(missing_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**env, MARK: _mark(folder, name)},
                start_new_session=True,
                close_fds=True,
            )
        _CHILDREN[child.pid] = child
        _note(folder, name, child.pid)


def enter(folder: Path, name: str) -> bool:
    """Note the calling process, which leads a session, as the one of this folder and name; False if another is."""
    with _lock(folder, name):
        if identity(folder, name) is not None:
            return False
        _note(folder, name, os.getpid())
        return True


def alive(folder: Path, name: str) -> bool:
    """Return whether the process runs (one that ended and was not yet waited for does not)."""
    return identity(folder, name) is not None


def identity(folder: Path, name: str) -> Identity | None:
    """Return the running process of this folder and name, or None."""
    noted = _read(_pid_file(folder, name))
    if noted is not None:
        return noted if _observe(noted.pid) == noted else None
    stray = _find(_mark(folder, name))
    if stray is not None:
        _note(folder, name, stray)
        return _read(_pid_file(folder, name))
    return None


def stop(folder: Path, name: str, grace: float = 10.0) -> None:
    """End the process: TERM to its group, KILL after `grace` seconds; no error when it is not there."""
    found = identity(folder, name)
    if found is not None:
        _signal(found, signal.SIGTERM)
        if not _gone_within(found, grace):
            _signal(found, signal.SIGKILL)
            _gone_within(found, 5.0)
    _pid_file(folder, name).unlink(missing_ok=True)


def _gone_within(process: Identity, seconds: float) -> bool:
    until = time.monotonic() + seconds
    pause = 0.005
    while _observe(process.pid) == process:
        if time.monotonic() > until:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return True


def _signal(process: Identity, number: signal.Signals) -> None:
    if _observe(process.pid) == process:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)


def _observe(pid: int) -> Identity | None:
    """Return who runs under a pid now; None for nobody and for a process that has ended but was not waited for."""
    child = _CHILDREN.get(pid)
    if child is not None and child.poll() is not None:
        del _CHILDREN[pid]
    started = _started_linux(pid) if _PROC.is_dir() else _started_posix(pid)
    return Identity(pid, started, _boot()) if started else None


def _started_linux(pid: int) -> str:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    state, start = fields[0], fields[19]
    return "" if state in {"Z", "X"} and not _has_threads(pid) else start


def _has_threads(pid: int) -> bool:
    """Return whether threads of an ended process still hold its sockets and files."""
    try:
        return len(list((_PROC / str(pid) / "task").iterdir())) > 1
    except OSError:
        return False


def _started_posix(pid: int) -> str:
    answer = subprocess.run(
        ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, start = answer.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else start.strip()


def _boot() -> str:
    return _BOOT.read_text().strip() if _BOOT.exists() else ""


def _find(mark: str) -> int | None:
    wanted = f"{MARK}={mark}".encode()
    for entry in _PROC.glob("[0-9]*") if _PROC.is_dir() else ():
        with contextlib.suppress(OSError):
            leads = os.getsid(int(entry.name)) == int(entry.name)
            if leads and wanted in (entry / "environ").read_bytes().split(b"\0") and _started_linux(int(entry.name)):
                return int(entry.name)
    return None


def _note(folder: Path, name: str, pid: int) -> None:
    found = _observe(pid)
    if found is not None:
        target = _pid_file(folder, name)
        temporary = target.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        temporary.write_text(json.dumps(asdict(found)))
        temporary.replace(target)
    else:
        _pid_file(folder, name).unlink(missing_ok=True)


def _read(path: Path) -> Identity | None:
    try:
        noted = json.loads(path.read_text())
        return Identity(int(noted["pid"]), str(noted["started"]), str(noted["boot"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _pid_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.pid.json"


def _mark(folder: Path, name: str) -> str:
    return str(folder.absolute() / name)


@contextlib.contextmanager
def _lock(folder: Path, name: str) -> Iterator[None]:
    handle = os.open(folder / f".{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
