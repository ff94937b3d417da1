"""`make bench`: measure everything, or what is named, and write bench/RESULTS.md."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path

from bench import machine
from bench.sizes import SMALL
from bench.table import Section

HERE = Path(__file__).resolve().parent
KEPT, PAGE = HERE / "results.json", HERE / "RESULTS.md"
NAMES = ("startup", "project", "up", "pulumi", "stream", "registry", "online", "join", "drift", "serve")


def main() -> int:
    """Run the benchmarks named in the arguments (all without one); return 1 for a name that does not exist.

    `--small` tries the harness out: one round of the smallest size, printed and not kept.
    """
    small = "--small" in sys.argv[1:]
    names = [name for name in sys.argv[1:] if name != "--small"] or list(NAMES)
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        sys.stderr.write(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}\n")
        return 1
    if small:
        os.environ[SMALL] = "1"
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for name in names:
        print(f"… {name}", flush=True)
        section = measured(name)
        print(section.markdown(), flush=True)
        if small:
            continue
        kept[name] = section.to_json()
        KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
        PAGE.write_text(page([Section.from_json(kept[name]) for name in NAMES if name in kept]))
    return 0


def measured(name: str) -> Section:
    """Run one benchmark and say when, for how long and how busy the machine was."""
    load, start = machine.load(), time.perf_counter()
    section: Section = importlib.import_module(f"bench.{name}").measure()
    section.seconds = time.perf_counter() - start
    section.when, section.load = machine.now(), f"{load} before"
    section.machine = machine.described()
    return section


def page(sections: list[Section]) -> str:
    """Return RESULTS.md."""
    rows = [row for section in sections for row in section.rows if row.met is not None]
    missed = [f"{row.what} ({row.size})" if row.size else row.what for row in rows if not row.met]
    lines = [
        "# How fast it is",
        "",
        "Written by `make bench`; `make bench ARGS='join serve'` measures some of it again. Ratios are to the peer in",
        "the same run, in alternating order; a figure is the median of the rounds, with the least and the greatest.",
        "1x, 3x and 10x show how the cost grows.",
        "",
        f"Machine: {', '.join(dict.fromkeys(section.machine for section in sections))}.",
        f"Targets met: {len(rows) - len(missed)} of {len(rows)}"
        + (f"; missed: {'; '.join(missed)}." if missed else "."),
        "",
    ]
    return "\n".join(lines) + "\n" + "\n".join(section.markdown() for section in sections)


if __name__ == "__main__":
    sys.exit(main())
