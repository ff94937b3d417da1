"""A program measured while it registers, against an engine in another process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pulumi.runtime import Settings, configure, run_in_stack

ENGINE = Path(__file__).with_name("pulumi_engine.py")


def measured(program: Callable[[], None]) -> None:
    """Run a program and say the seconds until the last registration was answered, and this process's peak in MB."""
    with subprocess.Popen(
        [sys.executable, str(ENGINE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as engine:
        assert engine.stdout is not None
        address = engine.stdout.readline().strip()
        configure(Settings(project="bench", stack="dev", monitor=address, engine=address, dry_run=False))
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        start, before = time.perf_counter(), time.process_time()
        loop.run_until_complete(run_in_stack(program))
        seconds, cpu = time.perf_counter() - start, time.process_time() - before
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak()}))


def peak() -> float:
    """Return this process's peak memory in MB, by /proc: `getrusage` counts what the caller held before the start."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
