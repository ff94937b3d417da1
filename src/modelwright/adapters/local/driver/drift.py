"""What was deleted or changed behind the platform's back: files, folders, marks and the record. Reads only."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.driver.address import ADDRESS, TOKEN
from modelwright.adapters.local.driver.applied import Applied
from modelwright.adapters.local.driver.routerlink import NAME as ROUTER
from modelwright.adapters.local.driver.workshop import Workshop
from modelwright.adapters.local.router.variant import read_json
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import thaw
from modelwright.contract.drift import Difference
from modelwright.contract.lowered import FOUNDATION
from modelwright.contract.record import platform_record

_UP = "modelwright up"
_ADDRESS = "local:Address"


def drift(applied: Applied, record: Mapping[str, Any] | None, workshop: Workshop, root: Path) -> Iterator[Difference]:
    """Yield the differences between what was applied and what is there."""
    if applied.assembly is None:
        if record is not None:
            yield _told(FOUNDATION, "state", "deleted", "state.json", "it is gone")
        return
    for resource in applied.assembly.resources:
        yield from _of_resource(resource, workshop, root)
    if applied.pending:
        text = f"an unfinished command may have left {', '.join(applied.pending)}"
        yield _told(FOUNDATION, "state", "unfinished", "everything is applied", text)
    if record is None:
        yield _told(FOUNDATION, "record", "deleted", "control/platform.json", "it is gone")
        return
    yield from _of_record(applied, record, workshop)


def _told(resource: str, subject: str, kind: Any, was: str, found: str) -> Difference:
    return Difference(resource, subject, kind, was, found, _UP)


def _of_resource(resource: Resource, workshop: Workshop, root: Path) -> Iterator[Difference]:
    kept = {name: value for name, value in resource.inputs.items() if name != "retention"}  # old files are no drift
    owner, what = resource.owner or resource.name, resource.token.partition(":")[2].lower()
    if (exposed := _exposed(resource, root)) is not None:
        yield _told(owner, resource.name, "changed", f"{what} whose token only its owner can read", exposed)
    elif found := workshop.missing(replace(resource, inputs=kept)):
        yield _told(owner, resource.name, "deleted", what, found.replace(f"{root}/", ""))
    elif (elsewhere := _elsewhere(resource, root)) is not None:
        yield Difference(owner, resource.name, "changed", *elsewhere)
    elif (path := resource.inputs.get("path")) and (root / str(path)).is_symlink():
        yield _told(owner, resource.name, "changed", what, f"{path} is a link to {(root / str(path)).readlink()}")


def _exposed(resource: Resource, root: Path) -> str | None:
    """Say who can read the token of an address, if others than its owner can."""
    relative = f"endpoints/{resource.inputs.get('endpoint')}/{TOKEN}"
    if resource.token != _ADDRESS or not (root / relative).is_file():
        return None
    mode = stat.S_IMODE((root / relative).stat().st_mode)
    return f"{relative} can be read by others ({mode:04o})" if mode & (stat.S_IRWXG | stat.S_IRWXO) else None


def _elsewhere(resource: Resource, root: Path) -> tuple[str, str, str] | None:
    """Return the address of an endpoint, the one that its router listens at, and what to do, where they differ."""
    if resource.token != _ADDRESS:
        return None
    home = root / "endpoints" / str(resource.inputs["endpoint"])
    address, router = (read_json(home / name) or {} for name in (ADDRESS, f"{ROUTER}.json"))
    running = processes.identity(home, ROUTER)
    if running is None or address.get("port") == router.get("port"):
        return None
    found = f"its router listens at port {router.get('port')}"
    return f"port {address.get('port')}", found, f"kill {running.pid} && modelwright operate --once"


def _of_record(applied: Applied, record: Mapping[str, Any], workshop: Workshop) -> Iterator[Difference]:
    """Compare the record with the one that what was applied gives; an address that moved is told by its own name."""
    assert applied.assembly is not None, "there is a record of something"
    outputs = workshop.outputs(applied.assembly)
    wanted = platform_record(applied.assembly, lambda value: workshop.resolve(value, outputs))
    now, then = thaw(workshop.resolve(applied.assembly.outputs, outputs)), record.get("outputs", {})
    for name in [name for name in {*now, *then} if now.get(name) != then.get(name)]:
        was, found = _unlike(then.get(name, {}), now.get(name, {}))
        yield _told(name, "outputs", "changed", was, found)
    told = {"outputs", "by"} if now == then else {"outputs", "by", "requests"}  # requests repeat the addresses
    other = [part for part in wanted if part not in told and wanted[part] != record.get(part)]
    if other:
        yield _told(FOUNDATION, "record", "changed", "as it was written", f"differs in {', '.join(other)}")


def _unlike(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str]:
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    was, found = (", ".join(f"{name} {side.get(name)}" for name in sorted(names)) for side in (then, now))
    return was, found
