"""One `up` or `destroy` at a time for an environment: a lock that dies with its process and says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from modelwright.canonical import timestamp
from modelwright.errors import LockedError


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock at `path` during a block; its folder is made. Raises `LockedError` naming the holder."""
    handle = _locked(path)
    try:
        with suppress(OSError):  # a full disk: the lock holds without the note that says whose it is
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps({"pid": os.getpid(), "since": timestamp(datetime.now(UTC))}).encode(), 0)
        yield
    finally:
        os.close(handle)


def _locked(path: Path) -> int:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 1024, 0)
            os.close(handle)
            raise LockedError(f"another process is applying or destroying this environment ({_said(holder)})",
                              remedy="wait for it to end, then run the command again") from None  # fmt: skip
        if _same_file(handle, path):
            return handle
        os.close(handle)  # destroy removed the file between opening and locking it


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _said(holder: bytes) -> str:
    try:
        said = json.loads(holder)
        return f"pid {said['pid']} since {said['since']}"
    except (ValueError, KeyError):
        return "it has not said who it is yet"
