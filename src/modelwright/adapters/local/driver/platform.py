"""Applies assemblies on this machine without any engine: files and folders, and the record last.

Every step is idempotent and announced in `state.json` before it is taken, so the same command finishes what a killed
one began. Order: the state that says what may exist · moves · makes · removals · the state · the record.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver.applied import FILE, Applied, read_applied
from modelwright.adapters.local.driver.drift import drift
from modelwright.adapters.local.driver.folder import StateFolder
from modelwright.adapters.local.driver.leaving import cancel_jobs, leave
from modelwright.adapters.local.driver.lock import exclusive
from modelwright.adapters.local.driver.loss import refuse_loss
from modelwright.adapters.local.driver.plan import going, plan
from modelwright.adapters.local.driver.workshop import Workshop
from modelwright.assembly.assembly import Assembly
from modelwright.assembly.changes import Change, pairs
from modelwright.assembly.resource import Resource
from modelwright.canonical import canonical, read_document
from modelwright.contract.drift import Difference
from modelwright.contract.driver import Progress
from modelwright.contract.place import RECORD
from modelwright.contract.record import NEEDED, REPAIR, VERSION, platform_record
from modelwright.errors import IntegrityError


class LocalPlatform:
    """The platform of one environment of the project in `project_dir`."""

    def __init__(self, project_dir: Path, environment: str) -> None:
        self._folder = StateFolder(project_dir, environment)
        self._workshop = Workshop(self._folder)
        self._environment = environment
        self._state = self._folder.root / FILE
        self._lock = self._folder.top / f".{environment}.lock"
        self._record = self._folder.root / "control" / RECORD

    def plan(self, assembly: Assembly) -> tuple[Change, ...]:
        """Return what `apply` would change: against what was applied, and against what is there. Writes nothing."""
        return plan(assembly, read_applied(self._state), self._read_record(), self._workshop)

    def apply(self, assembly: Assembly, *, allow_data_loss: frozenset[str], progress: Progress) -> Mapping[str, Any]:
        """Make it so, write the record last, and return it.

        Raises `LockedError`, `DataLossError` for data that may not be lost, and `GateError` for what is protected.
        """
        with exclusive(self._lock):
            self._folder.open()
            applied, record = read_applied(self._state), self._read_record()
            planned = plan(assembly, applied, record, self._workshop)
            if record is not None and not planned:
                progress(self._environment, "unchanged")
                return record
            lost = going(planned, applied, assembly)
            refuse_loss(lost.values(), allow_data_loss, self._workshop.has_data)
            self._folder.write_durably(self._state, applied.intending(assembly).to_bytes())
            outputs = self._make(assembly, applied, planned, progress)
            deleted = [lost[change.name] for change in planned if change.kind == "delete" and change.name in lost]
            self._remove(deleted, progress)
            return self._hand_over(assembly, outputs, progress)

    def drift(self) -> tuple[Difference, ...]:
        """Compare what was applied with what is there; writes nothing."""
        return tuple(drift(read_applied(self._state), self._read_record(), self._workshop, self._folder.root))

    def destroy(self, *, allow_data_loss: frozenset[str], progress: Progress) -> None:
        """Stop and remove everything that was made, in reverse; the record goes last. Nothing there is no error."""
        if not self._folder.top.is_dir():
            return
        with exclusive(self._lock):
            if self._folder.root.is_dir():
                self._remove_all(allow_data_loss, progress)
            leave(self._folder.top, self._lock)
        progress(self._environment, "done", "destroyed")

    def _remove_all(self, allow_data_loss: frozenset[str], progress: Progress) -> None:
        applied = read_applied(self._state)
        self._refuse_forgotten(applied)
        resources = tuple(applied.existing.values())
        refuse_loss(resources, allow_data_loss, self._workshop.has_data)
        self._folder.write_durably(self._state, Applied(None, applied.existing).to_bytes())
        cancel_jobs(self._folder.root)
        self._remove(reversed(resources), progress)
        for child in self._folder.root.iterdir():
            if child != self._state:
                self._folder.remove(child)
        self._folder.remove(self._state)
        self._folder.root.rmdir()

    def _make(
        self, assembly: Assembly, applied: Applied, planned: Sequence[Change], progress: Progress
    ) -> dict[str, dict[str, Any]]:
        """Move what was renamed before anything is made under an old name, then make everything in order."""
        continued = pairs(applied.assembly.resources if applied.assembly else (), assembly.resources)
        former_of = {resource.name: former for resource, former in continued if former is not None}
        kinds = {change.name: change.kind for change in planned if change.subject == "resource"}
        for resource, former in continued:
            if former is not None and kinds.get(resource.name) == "update":
                self._workshop.adopt(former, resource)
        outputs: dict[str, dict[str, Any]] = {}
        for resource in assembly.resources:
            kind = kinds.get(resource.name)
            if kind:
                progress(resource.name, "start", kind)
            if kind == "replace":
                self._workshop.remove(former_of[resource.name])
            outputs[resource.name] = self._workshop.make(resource, outputs)
            if kind:
                progress(resource.name, "done", kind)
        return outputs

    def _remove(self, resources: Iterable[Resource], progress: Progress) -> None:
        for resource in resources:
            progress(resource.name, "start", "delete")
            self._workshop.remove(resource)
            progress(resource.name, "done", "delete")

    def _hand_over(self, assembly: Assembly, outputs: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        record = platform_record(assembly, lambda value: self._workshop.resolve(value, outputs))
        self._folder.write_durably(self._state, Applied(assembly).to_bytes())
        self._folder.write_durably(self._record, canonical(record))
        progress("record", "done", str(self._record))
        return record

    def _refuse_forgotten(self, applied: Applied) -> None:
        """Refuse to remove data that nothing is known of, because the state file was lost."""
        kept = ("control", "data", "online")
        if not applied.existing and any(_has_files(self._folder.root / name) for name in kept):
            raise IntegrityError(f"{self._state} is missing, so it is not known what to remove",
                                 remedy="run `modelwright up` first: what exists is taken over")  # fmt: skip

    def _read_record(self) -> dict[str, Any] | None:
        try:
            data = self._record.read_bytes()
        except FileNotFoundError:
            return None
        return read_document(data, "platform", VERSION, where=str(self._record), needs=NEEDED, remedy=REPAIR)


def _has_files(folder: Path) -> bool:
    return any(names for _, _, names in os.walk(folder))
