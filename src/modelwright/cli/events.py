"""Events of the ledger for people: when, what, the facts of its body in short, why, and who."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelwright.cli.table import Column, table
from modelwright.cli.terminal import Terminal

if TYPE_CHECKING:
    from modelwright.ledger.event import Event

_FIRST = ("version", "release", "run", "name", "alias", "step", "gate", "passed", "status")
_LEFT_OUT = frozenset(
    {
        "attempt", "awaited", "config", "data", "deadline", "environment", "error", "evidence", "expected", "format",
        "hyperparameters", "kind", "libraries", "metrics", "owner", "profile", "reason", "rollout", "serve",
        "signature", "since", "training_data", "wanted",
    }
)  # fmt: skip


def event_table(events: Sequence[Event], terminal: Terminal) -> str:
    """Return events, oldest first as given."""
    columns = [
        Column("WHEN"),
        Column("EVENT"),
        Column("WHAT"),
        Column("FACTS, AND WHY", wraps=True),
        Column("BY", shrinks=True, spare=True),
    ]
    rows = [(f"{e.at:%Y-%m-%d %H:%M}", e.reference, e.kind, _told(e), e.actor.id) for e in events]
    return table(columns, rows, terminal)


def _told(event: Event) -> str:
    return "; ".join(part for part in (event_facts(event.body), event.reason) if part)


def event_facts(body: Mapping[str, Any]) -> str:
    """Return the short facts of an event's body: `version 3, weights v3-r2 90 v2-r1 10`."""
    names = [*(name for name in _FIRST if name in body), *(name for name in body if name not in _FIRST)]
    shown = [name for name in names if name not in _LEFT_OUT and body[name] not in (None, "", [], {})]
    return ", ".join(f"{name} {_short(body[name])}" for name in shown)


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_short(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return " ".join(_short(item) for item in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text[:19] + "…" if text.startswith("sha256:") else text


def event_documents(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return events as they are stored."""
    return [event.to_json() for event in events]
