"""The driver: makes the folders, and puts jobs into the spool. A worker answers with a file in `done`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.changes import Change, changes
from modelwright.assembly.value import Lookup, Ref, Value, resolve
from modelwright.canonical import canonical
from modelwright.contract.driver import Driver, Filled, JobStatus, Progress
from modelwright.contract.place import RECORD
from modelwright.contract.record import platform_record
from modelwright.errors import UnsupportedError
from modelwright.store import DirectoryStore, open_store

APPLIED = "assembly.json"


class SpoolPlatform:
    """Applies assemblies: every resource is a folder."""

    def __init__(self, project: Path, environment: str) -> None:
        self._project, self._environment = project, environment

    def plan(self, assembly: Assembly) -> tuple[Change, ...]:
        """Return what differs from what was applied last."""
        applied = self._root(assembly) / APPLIED
        old = Assembly.from_json(json.loads(applied.read_bytes())) if applied.exists() else None
        return changes(old, assembly)

    def apply(self, assembly: Assembly, *, allow_data_loss: frozenset[str], progress: Progress) -> Mapping[str, Any]:
        """Make every folder and write the record; nothing is ever removed, so no data can be lost."""
        del allow_data_loss  # the contract's word; there is nothing to allow
        root = self._root(assembly)
        uris = {item.name: root / str(item.inputs["path"]) for item in assembly.resources}
        for name, folder in uris.items():
            progress(name, "start", "create")
            folder.mkdir(parents=True, exist_ok=True)
            progress(name, "done")

        def resolved(value: Value) -> Value:
            return resolve(value, lambda ref: self._output(uris, ref), lookup=self._lookup)

        record = platform_record(assembly, resolved)
        (root / "control" / RECORD).write_bytes(canonical(record))
        (root / APPLIED).write_text(json.dumps(assembly.to_json()))
        return record

    def destroy(self, *, allow_data_loss: frozenset[str], progress: Progress) -> None:
        """Refuse: a shared folder is removed by whoever owns it."""
        del allow_data_loss, progress
        raise UnsupportedError("a shared folder is removed by whoever owns it")

    def _root(self, assembly: Assembly) -> Path:
        return Path(str(assembly.scope["folder"])).absolute() / assembly.project / self._environment

    def _lookup(self, _lookup: Lookup) -> Value:
        return self._project.absolute().as_uri()

    @staticmethod
    def _output(uris: Mapping[str, Path], ref: Ref) -> Value:
        return uris[ref.resource].as_uri()


class SpoolJobs:
    """Jobs as files: `incoming/<job>.json` was asked for, `done/<job>.json` says how it ended."""

    def __init__(self, root: Path) -> None:
        self._incoming, self._done = DirectoryStore(root / "incoming"), DirectoryStore(root / "done")

    def start(self, job: str, request: Filled) -> None:
        """Put the job into the spool; one that is there already stays as it is."""
        self._incoming.create(f"{job}.json", canonical(request.body))

    def status(self, job: str) -> JobStatus:
        """Return how the worker says that it ended."""
        ended = self._done.get(f"{job}.json")
        if ended is not None:
            return JobStatus(**json.loads(ended))
        waits = self._incoming.get(f"{job}.json") is not None
        return JobStatus("queued") if waits else JobStatus("lost", "nothing is left of it")

    def cancel(self, job: str) -> None:
        """Say that it is over; a worker that has begun it finds out when it looks."""
        if self._incoming.get(f"{job}.json") is not None:
            self._done.create(f"{job}.json", canonical({"state": "cancelled", "reason": "cancelled"}))

    def logs(self, job: str, offset: int = 0) -> tuple[str, int]:
        """Return nothing: workers keep their logs."""
        del job
        return "", offset


class _Refused:
    """Stands where the support table refuses everything."""

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedError(f"a shared folder cannot {name}")


def open_driver(record: Mapping[str, Any], state_dir: Path, clock_path: str | None = None) -> Driver:
    """Return the driver of an applied environment."""
    del state_dir, clock_path
    control = str(record["outputs"]["foundation"]["control"])
    root = Path(url2pathname(urlsplit(control).path)).parent
    refused: Any = _Refused()
    return Driver(open_store(control), SpoolJobs(root), refused, refused, refused, lambda _target, _message: None)
