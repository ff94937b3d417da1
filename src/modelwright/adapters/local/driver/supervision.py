"""The files by which a local job and its supervisor are known, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from modelwright.canonical import check_schema, parse_timestamp, timestamp

JOB, CONFIG, ATTEMPT, EXIT, LOG, SCRATCH = "job.json", "config.json", "attempt.json", "exit.json", "log.txt", "scratch"
SUPERVISOR = "supervisor"
GRACE_SECONDS = 10.0

EndState = Literal["succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for; `timeout` in seconds covers all attempts, `backoff` is the first pause before a retry."""

    job: str
    request: str
    verb: str
    python: str
    env: Mapping[str, Any] = field(default_factory=dict)
    timeout: float | None = None
    retries: int = 0
    backoff: float = 1.0
    memory_bytes: int | None = None
    cpu_seconds: int | None = None
    asked: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the content of `job.json`."""
        return {"schema": "modelwright.job/1", **asdict(self)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Job:
        """Read `job.json`. Raises `FormatVersionError` for one of a newer version."""
        check_schema(document, "job", 1)
        return cls(**{name: value for name, value in document.items() if name != "schema"})


@dataclass(frozen=True, slots=True)
class Exit:
    """How a job ended; `code` is the last attempt's exit status (negative: the signal that ended it)."""

    state: EndState
    reason: str
    started: datetime
    ended: datetime
    code: int | None = None
    attempts: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the content of `exit.json`."""
        times = {"started": timestamp(self.started), "ended": timestamp(self.ended)}
        return {"schema": "modelwright.exit/1", **asdict(self), **times}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Exit:
        """Read `exit.json`. Raises `FormatVersionError` for one of a newer version."""
        check_schema(document, "exit", 1)
        return cls(
            document["state"],
            document["reason"],
            parse_timestamp(document["started"]),
            parse_timestamp(document["ended"]),
            document["code"],
            document["attempts"],
        )
