"""What the client sent and was answered, as its own log has it, request by request and row by row."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.story.raw import seconds

OK = 200


@dataclass(frozen=True, slots=True)
class Answered:
    """One row of a request that was answered: what was sent of it, and the probability that came back."""

    at: int
    version: int
    flight: str
    scheduled: int
    sent: dict[str, Any]
    probability: float


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `version` is None where the answer does not say who gave it."""

    at: int
    status: int
    version: int | None
    rows: Sequence[dict[str, Any]]
    answer: Any

    @property
    def failed(self) -> bool:
        return self.status != OK

    def answered(self) -> list[Answered]:
        """Return the rows with their answers; a request that failed has none."""
        if self.failed:
            return []
        assert self.version is not None
        told = [prediction["probability"] for prediction in self.answer["predictions"]]
        return [
            Answered(self.at, self.version, row["flight_id"], seconds(row["scheduled"]), row, probability)
            for row, probability in zip(self.rows, told, strict=True)
        ]


def requests_of(log: Path) -> list[Request]:
    """Read a client's log in the order of its requests."""
    with gzip.open(log, "rt", encoding="utf-8") as lines:
        return [_request(json.loads(line)) for line in lines]


def _request(line: dict[str, Any]) -> Request:
    return Request(
        at=seconds(line["at"]),
        status=line["status"],
        version=line["version"],
        rows=json.loads(line["body"])["rows"],
        answer=json.loads(line["answer"]),
    )
