"""What applying would change: against what was applied, against what is there, and against the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelwright.adapters.local.driver.applied import Applied
from modelwright.adapters.local.driver.values import refuse_given
from modelwright.adapters.local.driver.workshop import Workshop
from modelwright.assembly.assembly import Assembly
from modelwright.assembly.changes import Change, changes, pairs
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import thaw

Record = Mapping[str, Any] | None


def plan(assembly: Assembly, applied: Applied, record: Record, workshop: Workshop) -> tuple[Change, ...]:
    """Return the changes; `holds_data` is set where there really is data to lose.

    Raises `UsageError` for a value that nobody here can give, before anything is changed.
    """
    for request in assembly.requests:
        refuse_given(request.body)
    known = (*changes(applied.assembly, assembly), *_left(assembly, applied))
    lost = going(known, applied, assembly)
    named = {change.name for change in known if change.subject == "resource"}
    repairs = [
        Change(resource.name, "update", (missing,), owner=resource.owner)
        for resource in assembly.resources
        if resource.name not in named and (missing := workshop.missing(resource))
    ]
    marked = (
        replace(item, holds_data=workshop.has_data(lost[item.name])) if item.holds_data else item for item in known
    )
    found = (*repairs, *marked)
    reason = _stale(assembly, record, workshop, settled=not found)
    return (
        (
            *found,
            Change("record", "update" if record else "create", (reason,), owner="foundation", subject="declaration"),
        )
        if reason
        else found
    )


def going(planned: Iterable[Change], applied: Applied, assembly: Assembly) -> dict[str, Resource]:
    """Return what deletions and replacements would remove, by the name of the change."""
    formers = pairs(applied.assembly.resources if applied.assembly else (), assembly.resources)
    replaced = {new.name: old for new, old in formers if old is not None}
    found = {"delete": applied.existing, "replace": replaced}
    changed = [change for change in planned if change.subject == "resource" and change.kind in found]
    return {change.name: found[change.kind][change.name] for change in changed}


def _left(assembly: Assembly, applied: Applied) -> Iterator[Change]:
    """Yield the removal of what an unfinished command made and nobody declares."""
    known = {
        resource.name for resource in (*assembly.resources, *(applied.assembly.resources if applied.assembly else ()))
    }
    for resource in reversed(tuple(applied.pending.values())):
        if resource.name not in known:
            why = ("left by an unfinished command",)
            yield Change(resource.name, "delete", why, resource.holds_data, resource.owner)


def _stale(assembly: Assembly, record: Record, workshop: Workshop, *, settled: bool) -> str:
    """Say why the record must be written although nothing else changes, or return nothing."""
    if record is None:
        return "it is written last"
    if record["scope"] != workshop.resolve(assembly.scope, {}):
        return f"the project was moved from {record['scope'].get('folder')}"
    if not settled:
        return ""
    if record["assembly"] != assembly.digest:
        return "it describes an older assembly"
    now = workshop.resolve(assembly.outputs, workshop.outputs(assembly))
    return "" if record["outputs"] == thaw(now) else "an address has changed"
