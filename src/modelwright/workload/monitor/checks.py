"""The checks of a monitor's config: how each is called, when it closes, and what a result says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from modelwright.errors import UsageError, did_you_mean
from modelwright.workload.monitor.windows import delay_of

KINDS = ("drift", "quality", "performance", "bias", "attribution")


@dataclass(frozen=True, slots=True)
class Check:
    """One declared check; `base` begins the ids of its results, `delay` is the time from a window's end to closing."""

    base: str
    kind: str
    document: Mapping[str, Any]
    delay: timedelta

    @property
    def needs_truth(self) -> bool:
        """Whether the truth is joined."""
        return self.kind in {"performance", "bias"}

    def id_of(self, column: str | None = None) -> str:
        """Return the id of the check's result, for one of its columns where it has one per column."""
        return self.base if column is None else f"{self.base}.{quote(column, safe='')}"

    def said(self, **more: Any) -> dict[str, Any]:
        """Return what a result says of the check: its declaration and what this result is about."""
        document = {name: value for name, value in self.document.items() if name != "columns" and value is not None}
        return {**document, **more}


def checks_of(config: Mapping[str, Any]) -> tuple[Check, ...]:
    """Return a config's checks, each with an id of its own. Raises `UsageError` for an unknown kind."""
    found: list[Check] = []
    taken: Counter[str] = Counter()
    for document in config["checks"]:
        kind = document.get("kind")
        if kind not in KINDS:
            raise UsageError(f"{kind!r} is no kind of check", remedy=did_you_mean(str(kind), KINDS))
        base = document.get("name") or _base(document)
        taken[base] += 1
        name = base if taken[base] == 1 else f"{base}-{taken[base]}"
        found.append(Check(name, kind, document, delay_of(document, config.get("labels_within"))))
    return tuple(found)


def _base(document: Mapping[str, Any]) -> str:
    kind = document["kind"]
    if kind == "drift":
        return f"drift-{document.get('method', 'psi')}"
    if kind == "performance":
        return str(document["metric"])
    return f"bias-{quote(document['group'], safe='').replace('.', '%2E')}" if kind == "bias" else str(kind)
