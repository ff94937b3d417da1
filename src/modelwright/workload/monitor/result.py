"""One result of one check on one window and version, as it is stored and as it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from modelwright.canonical import canonical, check_schema, parse_timestamp, timestamp

Status: TypeAlias = Literal["ok", "violated", "insufficient", "error"]
SCHEMA = "modelwright.result/1"
SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Result:
    """A result; `value` and `interval` are None where there are none, `message` says why.

    `matched` is the share of predictions with truth (label checks only); `reference` is the profile's digest, `inputs`
    that of the rows' origin, `listing` that of all objects that could have held rows; `parts` is the number of results
    that the check has in this revision. `revised` is the newest revision
    when rows or truth came after the closing: it is shown and never counted.
    """

    monitor: str
    endpoint: str
    window: tuple[datetime, datetime]
    version: int
    check_id: str
    check: Mapping[str, Any]
    status: Status
    value: float | None = None
    interval: tuple[float, float] | None = None
    rows: int = 0
    matched: float | None = None
    reference: str | None = None
    inputs: str = ""
    listing: str = ""
    revision: int = 0
    parts: int = 1
    at: datetime | None = None
    variant: str = ""
    message: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    revised: Result | None = None

    @property
    def shadow(self) -> bool:
        """Whether the predictions answered mirrored traffic."""
        return self.variant == SHADOW

    @property
    def key(self) -> str:
        """Where the result lies in the control store."""
        folder = f"{self.version}-{SHADOW}" if self.shadow else f"{self.version}"
        start = f"{self.window[0]:%Y%m%dT%H%M%SZ}"
        return f"results/{self.monitor}/{start}/{folder}/{self.check_id}.{self.revision}.json"

    def to_bytes(self) -> bytes:
        """Return the stored document, `modelwright.result/1`."""
        document = {
            "schema": SCHEMA,
            "monitor": self.monitor,
            "endpoint": self.endpoint,
            "window": [timestamp(moment) for moment in self.window],
            "version": self.version,
            "variant": self.variant,
            "check_id": self.check_id,
            "check": dict(self.check),
            "status": self.status,
            "value": self.value,
            "interval": list(self.interval) if self.interval else None,
            "rows": self.rows,
            "matched": self.matched,
            "reference": self.reference,
            "inputs": self.inputs,
            "listing": self.listing,
            "revision": self.revision,
            "parts": self.parts,
            "at": timestamp(self.at) if self.at else None,
            "message": self.message,
            "detail": dict(self.detail),
        }
        return canonical(document)


def result_of(document: Mapping[str, Any], check_id: str) -> Result:
    """Return the result of a stored document. Raises `FormatVersionError` for one of a newer modelwright."""
    check_schema(document, "result", 1)
    start, end = (parse_timestamp(text) for text in document["window"])
    interval = document.get("interval")
    return Result(
        monitor=document["monitor"],
        endpoint=document["endpoint"],
        window=(start, end),
        version=document["version"],
        check_id=document.get("check_id") or check_id,
        check=document["check"],
        status=document["status"],
        value=document.get("value"),
        interval=(interval[0], interval[1]) if interval else None,
        rows=document.get("rows", 0),
        matched=document.get("matched"),
        reference=document.get("reference"),
        inputs=document.get("inputs", ""),
        listing=document.get("listing", ""),
        revision=document.get("revision", 0),
        parts=document.get("parts", 1),
        at=parse_timestamp(document["at"]) if document.get("at") else None,
        variant=document.get("variant", ""),
        message=document.get("message", ""),
        detail=document.get("detail") or {},
    )
