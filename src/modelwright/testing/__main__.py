"""`python -m modelwright.testing NAME`: run every check of an adapter and say which fail; exit status 1 if any does."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from modelwright.testing.check import ConformanceError
from modelwright.testing.suite import conformance


def main(arguments: Sequence[str]) -> int:
    """Print what fails, or all as one JSON document, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m modelwright.testing", description=__doc__)
    parser.add_argument("adapter", help="the adapter's name, as Environment(…) takes it")
    parser.add_argument("--settings", type=json.loads, default={}, help="the environment's settings, as JSON")
    parser.add_argument("--json", action="store_true", help="answer with one JSON document")
    given = parser.parse_args(arguments)
    checks = conformance(given.adapter, given.settings)
    failures: dict[str, str] = {}
    for check in checks:
        try:
            check()
        except ConformanceError as error:
            failures[check.name] = str(error)
    if given.json:
        document = {"schema": "modelwright.conformance/1", "adapter": given.adapter, "checks": len(checks)}
        sys.stdout.write(json.dumps({**document, "failures": failures}, indent=2) + "\n")
    else:
        lines = [f"{name}\n  {message}" for name, message in failures.items()]
        sys.stdout.write("\n".join([*lines, f"{len(checks)} checks, {len(failures)} failed"]) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
