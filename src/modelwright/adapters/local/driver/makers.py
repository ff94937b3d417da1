"""How each type of local resource is made, found and removed; one maker per token, all of them idempotent."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from modelwright.adapters.local.driver.folder import StateFolder
from modelwright.adapters.local.driver.retention import expired, said
from modelwright.contract.place import RECORD

Inputs = Mapping[str, Any]


class Maker(Protocol):
    """Makes one type of resource. Inputs are plain: references and lookups are resolved."""

    def make(self, inputs: Inputs) -> None:
        """Make it or leave it as it is."""
        ...

    def outputs(self, inputs: Inputs) -> dict[str, Any]:
        """Return what it offers once it is made."""
        ...

    def adopt(self, former: Inputs, inputs: Inputs) -> None:
        """Turn what exists under former inputs into what these inputs name; no error when that was done before."""
        ...

    def missing(self, inputs: Inputs) -> str:
        """Say what is not as it should be, or return nothing."""
        ...

    def remove(self, inputs: Inputs) -> None:
        """Remove it; no error when it is gone."""
        ...

    def data(self, inputs: Inputs) -> bool:
        """Return whether removing it would lose data."""
        ...


@dataclass(frozen=True, slots=True)
class DirectoryMaker:
    """`local:Directory {path, retention}`: a folder inside the state folder; offers `uri` and `path`.

    Files that came more than `retention` seconds ago are removed whenever it is applied.
    """

    folder: StateFolder

    def make(self, inputs: Inputs) -> None:
        """Make the folder, and remove the files that are too old."""
        path = self.folder.path(inputs["path"])
        if not path.is_dir():
            self.folder.make(path)
        for old in tuple(self._expired(inputs)):
            self.folder.remove(old)

    def outputs(self, inputs: Inputs) -> dict[str, Any]:
        """Return the folder's address."""
        path = self.folder.path(inputs["path"])
        return {"uri": path.as_uri(), "path": str(path)}

    def adopt(self, former: Inputs, inputs: Inputs) -> None:
        """Move the folder to its new path."""
        self.folder.move(self.folder.path(former["path"]), self.folder.path(inputs["path"]))

    def missing(self, inputs: Inputs) -> str:
        """Say that the folder is not there, or how many files are too old."""
        path = self.folder.path(inputs["path"])
        if not path.is_dir():
            return f"{path} is not there"
        old = sum(1 for _ in self._expired(inputs))
        return said(old, inputs["retention"]) if old else ""

    def remove(self, inputs: Inputs) -> None:
        """Remove the folder with all it holds; a link is removed and what it names is kept."""
        self.folder.remove(self.folder.path(inputs["path"]))

    def data(self, inputs: Inputs) -> bool:
        """Return whether there is any file in it."""
        path = self.folder.path(inputs["path"])
        return not path.is_symlink() and any(names for _, _, names in os.walk(path))

    def _expired(self, inputs: Inputs) -> Iterator[Path]:
        retention = inputs.get("retention")
        return expired(self.folder.path(inputs["path"]), retention) if retention else iter(())


@dataclass(frozen=True, slots=True)
class ControlMaker(DirectoryMaker):
    """`local:ControlStore {path}`: the folder of the record, which goes last."""

    def remove(self, inputs: Inputs) -> None:
        """Remove everything in it, the record last."""
        path = self.folder.path(inputs["path"])
        for child in path.iterdir() if path.is_dir() else ():
            if child.name != RECORD:
                self.folder.remove(child)
        self.folder.remove(path)

    def data(self, inputs: Inputs) -> bool:
        """Return whether there is more in it than the record."""
        path = self.folder.path(inputs["path"])
        return any(set(names) - {RECORD} for _, _, names in os.walk(path))


@dataclass(frozen=True, slots=True)
class OnlineStoreMaker:
    """`local:OnlineStore {path}`: an SQLite file, empty before its first writer; offers `path`."""

    folder: StateFolder

    def make(self, inputs: Inputs) -> None:
        """Make the file; one that is there is left as it is, also by a writer that comes at the same moment."""
        path = self.folder.path(inputs["path"])
        self.folder.make(path.parent)
        path.touch()

    def outputs(self, inputs: Inputs) -> dict[str, Any]:
        """Return the file's path."""
        return {"path": str(self.folder.path(inputs["path"]))}

    def adopt(self, former: Inputs, inputs: Inputs) -> None:
        """Move the file and what SQLite keeps beside it."""
        for suffix in ("-wal", "-shm", ""):
            old, new = (self.folder.path(f"{each['path']}{suffix}") for each in (former, inputs))
            self.folder.move(old, new)

    def missing(self, inputs: Inputs) -> str:
        """Say that the file is not there."""
        path = self.folder.path(inputs["path"])
        return "" if path.is_file() else f"{path} is not there"

    def remove(self, inputs: Inputs) -> None:
        """Remove the file and what SQLite keeps beside it."""
        for suffix in ("-wal", "-shm", ""):
            self.folder.remove(self.folder.path(f"{inputs['path']}{suffix}"))

    def data(self, inputs: Inputs) -> bool:
        """Return whether the file was ever written."""
        path = self.folder.path(inputs["path"])
        return path.is_file() and path.stat().st_size > 0


@dataclass(frozen=True, slots=True)
class ScheduleMaker:
    """`local:Schedule {name, cron, timezone, request}`: a line of the plan; `modelwright operate` reads the record."""

    def make(self, inputs: Inputs) -> None:
        """Leave it: there is nothing outside the record."""

    def outputs(self, inputs: Inputs) -> dict[str, Any]:
        """Return its name."""
        return {"name": inputs["name"]}

    def adopt(self, former: Inputs, inputs: Inputs) -> None:
        """Leave it: there is nothing outside the record."""

    def missing(self, inputs: Inputs) -> str:  # noqa: ARG002  # the protocol's shape
        """Return nothing: it cannot be missing."""
        return ""

    def remove(self, inputs: Inputs) -> None:
        """Leave it: there is nothing outside the record."""

    def data(self, inputs: Inputs) -> bool:  # noqa: ARG002  # the protocol's shape
        """Return false."""
        return False
