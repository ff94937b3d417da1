"""How long a user waits before anything happens: processor time and wall time of the commands typed most."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 10
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import modelwright": [sys.executable, "-c", "import modelwright"],
    "modelwright --help": [str(Path(sys.executable).with_name("modelwright")), "--help"],
}


def measure(command: list[str]) -> tuple[float, float]:
    """Run a command once; return its seconds of processor time, children included, and of wall time."""
    before = _used()
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    return _used() - before, wall


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print one line per command: the best and the median of ten rounds, after one that fills the caches."""
    print(f"{'startup':<22}{'cpu, best':>12}{'cpu, median':>14}{'wall, median':>15}")
    for name, command in COMMANDS.items():
        measure(command)
        cpu, wall = zip(*(measure(command) for _ in range(ROUNDS)), strict=True)
        columns = min(cpu), statistics.median(cpu), statistics.median(wall)
        print(f"{name:<22}{columns[0]:>10.3f} s{columns[1]:>12.3f} s{columns[2]:>13.3f} s")


if __name__ == "__main__":
    main()
