"""Runs Pulumi programs, each in a process of its own, as the CLI's language host does: through the SDK's public door.

The CLI's own host is a script that comes with the CLI and not with the SDK; it calls the same three functions. This one
imports the SDK once and forks for every program, since importing takes most of a short program's time.
"""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import sys
import traceback
from typing import Any

import pulumi
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config

import modelwright.pulumi  # noqa: F401  # imported once, for all programs


def main() -> None:
    """Run the program that each line of the input describes, and answer each line with an exit status."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_in_child(json.loads(line)))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _in_child(said: dict[str, Any]) -> int:
    for number, name in ((0, os.devnull), (1, said["stdout"]), (2, said["stderr"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), number)
    os.chdir(said["folder"])
    sys.path[:0] = said["path"]
    try:
        return _run(said)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _run(said: dict[str, Any]) -> int:
    set_all_config(said["config"], said["secret_keys"])
    configure(
        Settings(
            project=said["project"],
            stack=said["stack"],
            monitor=said["address"],
            engine=said["address"],
            dry_run=said["preview"],
            organization="organization",
        )
    )
    sys.argv = [said["program"]]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(run_in_stack(lambda: _program(said["program"])))
    except Exception:  # noqa: BLE001  # whatever a program raises is told to the engine, as the CLI's host does
        pulumi.log.error(traceback.format_exc())
        return 1
    finally:
        loop.close()
    return 0


def _program(path: str) -> None:
    runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main()
