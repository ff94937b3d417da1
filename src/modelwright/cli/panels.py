"""Texts that several verbs show: the state of an environment, a version, a promotion's gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelwright.cli.table import Column, facts, table
from modelwright.cli.terminal import Terminal

if TYPE_CHECKING:
    from modelwright.client.client import Client
    from modelwright.client.models import Version
    from modelwright.client.statusing import Status

NOT_OPERATED = "schedules are not operated: run `modelwright operate`"


def status_text(status: Status, terminal: Terminal, following: Sequence[str] = ()) -> str:
    """Return what is there, one row per resource, and the commands that come next."""
    columns = [
        Column("RESOURCE"),
        Column("KIND", spare=True),
        Column("STATE", state=True),
        Column("DETAIL", wraps=True),
    ]
    rows = [(one.name, one.kind.replace("_", " "), one.state, one.detail) for one in status.resources]
    head = facts([("project", f"{status.project} ({status.environment}, {status.adapter})")], terminal)
    parts = [head, table(columns, rows, terminal)]
    if following:
        parts.append("\n".join(f"next: {command}" for command in following))
    if status.unattended:
        parts.append(f"{NOT_OPERATED}\n  {', '.join(status.schedules)}")
    return "\n\n".join(parts)


def next_commands(client: Client, status: Status) -> list[str]:
    """Return the command that brings a version behind each endpoint that waits for its first release."""
    record = client.platform.record
    found = []
    for one in status.resources:
        for reference in record.serves(one.name) if one.state == "awaiting" else ():
            model = reference.partition("@")[0].partition(":")[0]
            versions, job = client.versions(model), record.model(model).get("training")
            if versions:
                found.append(f"modelwright model promote {model}:{versions[-1].number}")
            elif job:
                found.append(f"modelwright train {job} --promote")
    return list(dict.fromkeys(found))


def gate_table(gates: Mapping[str, Mapping[str, Any]], terminal: Terminal) -> str:
    """Return each gate with its verdict and evidence."""
    rows = [(name, "passed" if gate["passed"] else "failed", gate.get("text", "")) for name, gate in gates.items()]
    columns = [Column("GATE", wraps=True), Column("VERDICT", state=True), Column("EVIDENCE", wraps=True)]
    return table(columns, rows, terminal)


def _origin(imported: Mapping[str, Any] | None) -> str | None:
    """Return where a copied version was registered first."""
    return f"{imported['environment']}, version {imported['version']} by {imported['by']}" if imported else None


def version_text(version: Version, terminal: Terminal) -> str:
    """Return a version's facts and metrics."""
    document = version.to_dict()
    pairs = [
        ("version", f"{version.model}:{version.number}"),
        ("state", document["state"]),
        ("aliases", ", ".join(document["aliases"]) or None),
        ("run", document["run"]),
        ("copied from", _origin(document["imported"])),
        ("format", document["format"]),
        ("registered", f"{document['registered']} by {document['by']}"),
        ("digest", document["digest"]),
    ]
    metrics = [(f"  {name}", value) for name, value in document["metrics"].items()]
    return facts([*pairs, *metrics], terminal)
