"""Runs one Pulumi program in a process of its own, as the CLI's language host does: through the SDK's public door.

The CLI's own host is a script that comes with the CLI and not with the SDK. It calls the same three functions.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import sys
import traceback
from pathlib import Path

import pulumi
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config


def main() -> int:
    """Run the program named in the settings, which stand as JSON in the only argument."""
    said = json.loads(sys.argv[1])
    set_all_config(said["config"], said["secret_keys"])
    configure(
        Settings(
            project=said["project"],
            stack=said["stack"],
            monitor=said["address"],
            engine=said["address"],
            dry_run=said["preview"],
            organization="organization",
            root_directory=str(Path.cwd()),
        )
    )
    sys.argv = [said["program"]]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(run_in_stack(lambda: _run(said["program"])))
    except Exception:  # noqa: BLE001  # whatever a program raises is told to the engine, as the CLI's host does
        pulumi.log.error(traceback.format_exc())
        return 1
    finally:
        loop.close()
    return 0


def _run(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    sys.exit(main())
