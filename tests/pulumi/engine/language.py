"""The process that runs programs, from outside: started once, and stopped with the tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.pulumi.engine import host

_PATIENCE = 120
"""Seconds for a program, generous for a machine with much else to do."""


class Language:
    """Runs one program at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, host.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, said: dict[str, Any], folder: Path) -> tuple[int, str, str]:
        """Run a program in a folder; return its exit status, its output and its errors."""
        stdout, stderr = folder / "program.out", folder / "program.err"
        for file in (stdout, stderr):
            file.write_bytes(b"")
        line = json.dumps({**said, "folder": str(folder), "stdout": str(stdout), "stderr": str(stderr)})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        overdue = threading.Timer(_PATIENCE, os.killpg, (self._process.pid, signal.SIGKILL))
        overdue.start()
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            status = self._process.stdout.readline()
        finally:
            overdue.cancel()
        assert status, f"the program did not end in {_PATIENCE} s: {stderr.read_text()}"
        return int(status), stdout.read_text(), stderr.read_text()

    def stop(self) -> None:
        """End the process; it has no program running."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
