"""Commands in processes of their own that die by SIGKILL before their n-th step on the disk, or run to their end."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

STEPS = frozenset({"os.link", "os.rename", "os.remove", "os.rmdir", "subprocess.Popen"})
"""What others can see of a command, as Python's audit events call it: names come and go, processes start.

Every durable write is a temporary file, a link (and the removal of the temporary name) or a rename: dying before each
of these is dying just before and just after each write.
"""


def dies(command: Callable[[], object], point: int, inside: Path) -> bool:
    """Run a command that dies before its n-th step inside a folder; return whether it came to its end before that."""
    pid = os.fork()
    if pid == 0:
        die_before(point, str(inside))
        _run(command)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status not in {0, -signal.SIGKILL}:
        raise AssertionError(f"before it could die at step {point}, the command ended with {status}")
    return status == 0


def ends(command: Callable[[], object]) -> bool:
    """Run a command in a process of its own; return whether it ended well. What it raised is printed."""
    pid = os.fork()
    if pid == 0:
        _run(command)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _run(command: Callable[[], object]) -> None:
    code = 1
    try:
        command()
        code = 0
    except BaseException:  # noqa: BLE001  the end of a process: whatever it was, its parent hears of it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def die_before(point: int, inside: str) -> None:
    """Have this process die before its n-th step inside a folder."""
    left = [point]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if _is_step(event, args, inside):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _is_step(event: str, args: tuple[Any, ...], inside: str) -> bool:
    if event not in STEPS:
        return False
    if event == "subprocess.Popen":
        return True
    return isinstance(args[0], str | bytes | os.PathLike) and os.fsdecode(args[0]).startswith(inside)
