"""Texts that several verbs show: the state of an environment, a version, a promotion's gates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelwright.cli.table import Column, facts, table
from modelwright.cli.terminal import Terminal

if TYPE_CHECKING:
    from modelwright.client.models import Version
    from modelwright.client.statusing import Status

NOT_OPERATED = "schedules are not operated: run `modelwright operate`"


def status_text(status: Status, terminal: Terminal) -> str:
    """Return what is there, one row per resource."""
    columns = [
        Column("RESOURCE"),
        Column("KIND"),
        Column("STATE", state=True),
        Column("DETAIL", shrinks=True),
    ]
    rows = [(one.name, one.kind.replace("_", " "), one.state, one.detail) for one in status.resources]
    head = facts([("project", f"{status.project} ({status.environment}, {status.adapter})")], terminal)
    parts = [head, table(columns, rows, terminal)]
    waits = awaiting(status)
    if waits:
        parts.append("\n".join(waits))
    if status.unattended:
        parts.append(f"{NOT_OPERATED}  ({', '.join(status.schedules)})")
    return "\n\n".join(parts)


def awaiting(status: Status) -> list[str]:
    """Return a sentence for each endpoint that waits, with the command that ends the wait."""
    return [
        f"{one.name} is awaiting its first release: {one.detail}" for one in status.resources if one.state == "awaiting"
    ]


def gate_table(gates: Mapping[str, Mapping[str, Any]], terminal: Terminal) -> str:
    """Return each gate with its verdict and evidence."""
    rows = [(name, "passed" if gate["passed"] else "failed", gate.get("text", "")) for name, gate in gates.items()]
    columns = [Column("GATE", shrinks=True), Column("VERDICT", state=True), Column("EVIDENCE", shrinks=True)]
    return table(columns, rows, terminal)


def version_text(version: Version, terminal: Terminal) -> str:
    """Return a version's facts and metrics."""
    document = version.to_dict()
    pairs = [
        ("version", f"{version.model}:{version.number}"),
        ("state", document["state"]),
        ("aliases", ", ".join(document["aliases"]) or None),
        ("run", document["run"]),
        ("format", document["format"]),
        ("registered", f"{document['registered']} by {document['by']}"),
        ("digest", document["digest"]),
    ]
    metrics = [(f"  {name}", value) for name, value in document["metrics"].items()]
    return facts([*pairs, *metrics], terminal)
