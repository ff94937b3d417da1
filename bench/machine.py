"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def described() -> str:
    """Return cores, memory, kernel and Python in one line."""
    cores = len(os.sched_getaffinity(0))
    memory, kernel = f"{_memory():.0f} GB of memory", f"{platform.system()} {platform.release()}"
    return f"{cores} cores ({_processor()}), {memory}, {kernel}, Python {platform.python_version()}"


def now() -> str:
    """Return the moment in UTC, to the minute."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def load() -> str:
    """Return how busy the machine was in the last minute."""
    return f"load {os.getloadavg()[0]:.1f}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
