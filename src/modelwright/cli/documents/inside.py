"""Documents of the verbs that look inside."""

from __future__ import annotations

from typing import Any, Literal

from modelwright.cli.documents.part import Open, Part
from modelwright.cli.documents.released import Event
from modelwright.cli.documents.serving import History, Written


class Finding(Part):
    """One place in the ledger that is not as it was written."""

    stream: str
    seq: int | None
    kind: str
    message: str


class Head(Part):
    """The newest event of a stream."""

    seq: int
    digest: str


class Verified(Part):
    """`ledger verify`: what was found, and the head of every stream where nothing was."""

    findings: list[Finding]
    heads: dict[str, Head]


class ErrorCode(Part):
    """`explain MW1301`."""

    code: str
    title: str
    meaning: str
    causes: list[str]
    remedy: str


class Answered(Part):
    """What one installed adapter answers to a feature."""

    level: Literal["native", "emulated", "todo", "upstream", "never", "unknown"]
    text: str
    instead: str


class Field(Part):
    """One field of a kind."""

    path: str
    meaning: str
    takes: str
    default: str | None
    required: bool


class FieldExplained(Field):
    """`explain endpoint.capture`: the field, and what adapters answer where it is a feature."""

    adapters: dict[str, Answered]


class Kind(Part):
    """`explain endpoint`: the kind, and what adapters answer where it is a feature."""

    kind: str
    meaning: str
    fields: list[Field]
    adapters: dict[str, Answered]


class Feature(Part):
    """`explain endpoint.weights`: what it is to rely on it, and what each installed adapter answers."""

    feature: str
    meaning: str
    adapters: dict[str, Answered]


class Check(Part):
    """One check of `doctor`."""

    check: str
    state: Literal["ok", "note", "warning", "problem"]
    found: str
    remedy: str


class Prunable(Part):
    """A group of objects that can go."""

    what: str
    why: str
    objects: int


class Pruned(Part):
    """`prune`: what was removed, or with `dry_run` could be."""

    dry_run: bool
    objects: int
    groups: list[Prunable]


class ReportPage(Part):
    """One page of a report; its path is below the folder."""

    path: str
    kind: Literal["index", "model", "version", "run", "endpoint", "monitor", "stream", "served", "ledger"]
    title: str
    bytes: int


class Unreadable(Part):
    """What could not be read for a report, and why."""

    where: str
    why: str


class Report(Part):
    """`report`: the pages that were written."""

    folder: str
    index: str
    pages: list[ReportPage]
    unreadable: list[Unreadable]


class Demo(Part):
    """`demo`: where it lives, and what served when."""

    folder: str
    report: str
    seconds: float
    kept: bool
    url: str | None = None
    token_file: str | None = None
    history: History


class Script(Part):
    """`completion`: the script."""

    shell: Literal["bash", "zsh", "fish"]
    script: str


INSIDE: dict[str, Any] = {
    "ledger log": list[Event],
    "ledger verify": Verified,
    "schema": Written | Open,
    "explain": ErrorCode | FieldExplained | Kind | Feature,
    "doctor": list[Check],
    "prune": Pruned,
    "report": Report,
    "demo": Demo,
    "completion": Script,
}
