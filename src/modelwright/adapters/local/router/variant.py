"""One variant's folder and server process: started by the driver, watched and started again by the router.

`process.json` says how to start it and that it is wanted, with secrets by name: the router is told their contents and
keeps them in memory only. `ready.json` is written by the server itself, with the port
it was given or the reason why it cannot serve, and counts only while it comes from the process that runs now.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.driver.processes import Identity
from modelwright.adapters.local.driver.secrets import read_secret, revealed

PROCESS = "process.json"
READY = "ready.json"
NAME = "server"
LOG = "endpoint.log"


@dataclass(frozen=True, slots=True)
class Variant:
    """The server of one variant, by its folder `endpoints/<endpoint>/<variant>`."""

    folder: Path

    @property
    def name(self) -> str:
        """The variant, such as `v7-r12`."""
        return self.folder.name

    @property
    def log(self) -> Path:
        """The endpoint's log, which all its processes append to."""
        return self.folder.parent / LOG

    def wanted(self) -> dict[str, Any] | None:
        """Return how to start the server, None when it was retired."""
        return read_json(self.folder / PROCESS)

    def start(self, read: Callable[[str], str] = read_secret) -> None:
        """Start the server if it does not run, with its secrets in its environment and nowhere else.

        Raises `OSError` when it cannot be started and `CredentialsError` for a secret that `read` does not know.
        """
        known = self.wanted()
        if known is not None and not self.alive():
            env = revealed(known["env"], read)
            processes.spawn(known["argv"], folder=self.folder, name=NAME, env=env, log=self.log)

    def stop(self, grace: float = 15.0) -> None:
        """End the server; it answers what it has accepted and writes its captures first."""
        processes.stop(self.folder, NAME, grace)

    def alive(self) -> bool:
        """Return whether the server's process runs."""
        return processes.alive(self.folder, NAME)

    def identity(self) -> Identity | None:
        """Return the server's process, None when it does not run."""
        return processes.identity(self.folder, NAME)

    def port(self) -> int | None:
        """Return the port of the process that runs now, None until it answers."""
        found = self.identity()
        said = read_json(self.folder / READY)
        if found is None or said is None or said.get("state") != "ready" or said.get("pid") != found.pid:
            return None
        return int(said["port"])

    def failure(self) -> str | None:
        """Return why the server said that it cannot serve, None when it did not say so."""
        said = read_json(self.folder / READY)
        return str(said["reason"]) if said is not None and said.get("state") == "failed" else None


def variants_of(endpoint: Path) -> list[Variant]:
    """Return the variants of an endpoint that have a folder, by name."""
    if not endpoint.is_dir():
        return []
    return [Variant(path) for path in sorted(endpoint.iterdir()) if path.is_dir() and not path.name.startswith(".")]


def read_json(path: Path) -> dict[str, Any] | None:
    """Return a JSON object from a file, None when there is none or it is not one."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_json(path: Path, document: Mapping[str, Any], mode: int = 0o644) -> None:
    """Write a JSON object so that a reader sees the old one or the new one, whatever is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(json.dumps(document, indent=1, sort_keys=True).encode())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None
