"""Changes for people: a table with the first reason of each, and a sentence that counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelwright.cli.table import Column, table
from modelwright.cli.terminal import Terminal

if TYPE_CHECKING:
    from modelwright.assembly.changes import Change

_ORDER = ("create", "update", "replace", "delete")


def change_table(changes: Sequence[Change], terminal: Terminal) -> str:
    """Return the changes with all their reasons, one row per reason."""
    rows: list[tuple[str, str, str]] = []
    for change in changes:
        kind = f"{change.kind}{' !' if change.holds_data else ''}"
        reasons = [*(["DESTROYS DATA"] if change.holds_data else []), *change.reasons] or [""]
        rows.append((kind, change.name, reasons[0]))
        rows += [("", "", reason) for reason in reasons[1:]]
    shown = [(kind or " ", name or " ", reason) for kind, name, reason in rows]
    columns = [Column("CHANGE", state=True), Column("WHAT", shrinks=True), Column("WHY", wraps=True)]
    return table(columns, shown, terminal)


def summary(changes: Sequence[Change]) -> str:
    """Return `2 to create, 1 to replace, 1 that destroys data`."""
    counts: Counter[str] = Counter(change.kind for change in changes)
    parts = [f"{counts[kind]} to {kind}" for kind in _ORDER if counts[kind]]
    lossy = sum(change.holds_data for change in changes)
    if lossy:
        parts.append(f"{lossy} of them destroying data")
    return ", ".join(parts) or "no changes"


def change_documents(changes: Sequence[Change]) -> dict[str, Any]:
    """Return changes as the result of a document."""
    counts: Counter[str] = Counter(change.kind for change in changes)
    return {
        "summary": {kind: counts[kind] for kind in _ORDER},
        "changes": [
            {
                "name": change.name,
                "kind": change.kind,
                "subject": change.subject,
                "reasons": list(change.reasons),
                "holds_data": change.holds_data,
            }
            for change in changes
        ],
    }
