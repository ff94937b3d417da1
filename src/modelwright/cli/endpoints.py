"""An endpoint for people: its release, each variant's share and state, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelwright.cli.table import Column, facts, table
from modelwright.cli.terminal import Terminal
from modelwright.errors import UsageError

if TYPE_CHECKING:
    from modelwright.client.client import Client
    from modelwright.client.history import History

_WHOLE = 100


def endpoint_document(client: Client, name: str) -> dict[str, Any]:
    """Return what the ledger decided for an endpoint and what its driver says is really there."""
    from modelwright.lifecycle.planning import awaited
    from modelwright.lifecycle.serving import endpoint_state

    state = endpoint_state(client.platform, name)
    seen = client.platform.driver.serving.status(name)
    traffic = state.traffic
    current, moving = state.current, state.moving
    versions = {**(traffic.versions if traffic else {}), **(moving.versions if moving else {})}
    return {
        "endpoint": name,
        "url": seen.url or client.outputs().get(name, {}).get("url", ""),
        "live": {"release": current.number, "since": current.live_at} if current else None,
        "moving": {"release": moving.number, "state": moving.state, "step": moving.step} if moving else None,
        "awaiting": awaited(client.platform, name) if current is None else "",
        "variants": [
            {
                "variant": one.name,
                "version": versions.get(one.name),
                "state": one.state,
                "weight": seen.weights.get(one.name, 0),
                "mirror": seen.mirror.get(one.name, 0.0),
                "reason": one.reason,
            }
            for one in seen.deployments
        ],
    }


def endpoint_text(document: dict[str, Any], terminal: Terminal) -> str:
    """Return an endpoint's state, one row per variant."""
    live, moving = document["live"], document["moving"]
    pairs = [
        ("endpoint", document["endpoint"]),
        ("url", document["url"]),
        ("live", f"release {live['release']} since {live['since']:%Y-%m-%d %H:%M} UTC" if live else None),
        (
            "rollout",
            f"release {moving['release']} is {moving['state']} ({moving['step'] or 'planned'})" if moving else None,
        ),
        ("awaiting", document["awaiting"] or None),
    ]
    columns = [
        Column("VARIANT"),
        Column("VERSION", right=True),
        Column("STATE", state=True),
        Column("TRAFFIC", right=True),
        Column("MIRRORED", right=True),
        Column("REASON", wraps=True),
    ]
    rows = [
        (
            v["variant"],
            v["version"],
            v["state"],
            f"{v['weight']} %",
            f"{v['mirror']:.0%}" if v["mirror"] else None,
            v["reason"],
        )
        for v in document["variants"]
    ]
    return "\n\n".join([facts(pairs, terminal), *([table(columns, rows, terminal)] if rows else [])])


def history_text(history: History, terminal: Terminal) -> str:
    """Return what served when, by whom, on what evidence; the evidence in lines of its own."""
    columns = [
        Column("RELEASE", right=True),
        Column("VERSIONS"),
        Column("STATE", state=True),
        Column("LIVE"),
        Column("ENDED", spare=True),
        Column("BY", shrinks=True, spare=True),
        Column("WHY", wraps=True),
    ]
    rows = [
        (
            entry.release,
            ", ".join(str(number) for number in entry.versions),
            entry.state.replace("_", " "),
            _moment(entry.live),
            _moment(entry.ended),
            entry.by,
            f"{entry.reason}; {entry.outcome}" if entry.outcome else entry.reason,
        )
        for entry in history.entries
    ]
    if not rows:
        return f"nothing was ever released behind {history.endpoint}"
    evidence = facts(
        [
            (f"release {entry.release}" if not index else " ", line)
            for entry in history.entries
            for index, line in enumerate(entry.evidence)
        ],
        terminal,
    )
    return f"{table(columns, rows, terminal)}\n\n{terminal.style('evidence', 'bold')}\n{evidence}"


def _moment(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else None


def weights_of(texts: Sequence[str]) -> dict[str, int]:
    """Return `VARIANT=PERCENT` texts as weights. Raises `UsageError` unless they are integers that sum to 100."""
    weights: dict[str, int] = {}
    for text in texts:
        name, _, share = text.partition("=")
        if not name or not share.isdecimal():
            raise UsageError(f"{text!r} is not VARIANT=PERCENT", remedy="for example v8-r13=20 v7-r12=80")
        weights[name] = int(share)
    if sum(weights.values()) != _WHOLE:
        raise UsageError(f"the weights sum to {sum(weights.values())}, not to 100")
    return weights
