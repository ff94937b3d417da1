"""The reference page of the ledger: every kind of event that is written, and what it carries."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from modelwright.ledger.event import BODY_LIMIT, SCHEMA

_FIELDS = {
    "stream, seq": "where it stands: `endpoint/delay-api` and 1, 2, 3…; `endpoint/delay-api#41` names one event",
    "prev": "digest of the event before it in the stream; this is what `modelwright ledger verify` follows",
    "kind, body": "what was decided; see below",
    "key": "names the decision: a retry with the same key returns the event and writes nothing",
    "at, recorded": "the decision's clock, and the wall time of writing",
    "actor": "who: `id`, how that is known (`via`), and `kind`: person, ci, operator or monitor",
    "reason, cause": "why, in words; and the events of other streams that it was decided on",
    "platform, by": "digest of the platform record, and the version of modelwright that wrote",
}


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event: in which streams it stands, what it means, and the fields of its body."""

    stream: str
    name: str
    meaning: str
    body: Mapping[str, str]


def streams() -> dict[str, str]:
    """Return what each stream is for, by its name."""
    return {stream: entry["meaning"] for stream, entry in _table().items()}


def event_kinds() -> dict[str, EventKind]:
    """Return all kinds of events by name."""
    return {
        name: EventKind(stream, name, found["meaning"], found["body"])
        for stream, entry in _table().items()
        for name, found in entry["events"].items()
    }


def ledger_page() -> str:
    """Return the page `ledger.md`."""
    lines = [
        "# The ledger's events",
        "",
        "Written from `src/modelwright/cli/ledger_events.toml`, which the tests compare with what is really written.",
        "What the ledger is for: [explanation](../explanation/ledger.md).",
        "",
        f"An event is one JSON document, `{SCHEMA}`, at `ledger/v1/<stream>/<seq>.json` in the environment's control",
        f"store. Its body has at most {BODY_LIMIT // 1024} KiB.",
        "",
        "| field | meaning |",
        "|---|---|",
        *(f"| `{name.replace(', ', '`, `')}` | {meaning} |" for name, meaning in _FIELDS.items()),
    ]
    known = event_kinds().values()
    for stream, meaning in streams().items():
        lines += ["", f"## {stream.replace('<', '&lt;').replace('>', '&gt;')}", "", meaning]
        for kind in (kind for kind in known if kind.stream == stream):
            lines += ["", f"### {kind.name}", "", kind.meaning, ""]
            lines += [f"- `{name}`: {text}" for name, text in kind.body.items()]
    return "\n".join(lines) + "\n"


def _table() -> dict[str, Any]:
    return tomllib.loads(files("modelwright.cli").joinpath("ledger_events.toml").read_text(encoding="utf-8"))
