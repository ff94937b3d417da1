"""The world around the project: departures that are sent as they happen, and delays that become known days later.

Nothing here knows modelwright. Every request and answer is written down as the client saw it: `requests.jsonl.gz`.
"""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
from departures import INPUTS

SENT = ("flight_id", "scheduled", *INPUTS)
_AS_SENT = {"scheduled": "strftime(scheduled, '%Y-%m-%dT%H:%M:%SZ')"}
OK = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client saw of one request: when, what it was answered, and by which version."""

    at: datetime
    status: int
    version: int | None
    variant: str
    rows: int


@dataclass(slots=True)
class Airline:
    """A client of the endpoint: it keeps one connection, and writes down all it sends and receives."""

    url: str
    token: str
    log: Path
    answers: list[Answer] = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None
    _file: Any = None

    def ask(self, at: datetime, rows: list[dict[str, Any]]) -> Answer:
        """Send rows and return the answer; an error of the server is an answer, too."""
        body = json.dumps({"rows": rows}).encode()
        status, headers, data = self._post(body)
        version = headers.get("x-modelwright-version")
        answer = Answer(
            at, status, int(version) if version else None, headers.get("x-modelwright-variant", ""), len(rows)
        )
        self.answers.append(answer)
        self._write(answer, body, data)
        return answer

    def _post(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.token}"}
        for attempt in (1, 2):
            try:
                if self._connection is None:
                    parts = urlsplit(self.url)
                    self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
                self._connection.request("POST", "/predict", body, headers)
                response = self._connection.getresponse()
                return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection = None
                if attempt == 2:
                    raise
        raise AssertionError

    def _write(self, answer: Answer, body: bytes, data: bytes) -> None:
        if self._file is None:
            self._file = gzip.open(self.log, "at", compresslevel=1, encoding="utf-8")  # noqa: SIM115  closed by close()
        row = {
            "at": answer.at.isoformat(),
            "status": answer.status,
            "version": answer.version,
            "variant": answer.variant,
            "body": body.decode(),
            "answer": data.decode(),
        }
        self._file.write(json.dumps(row) + "\n")

    def close(self) -> None:
        """Close the connection and the log."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._file is not None:
            self._file.close()
            self._file = None


def hours_of(
    departures: duckdb.DuckDBPyConnection, since: datetime, until: datetime, singles: int
) -> Iterator[tuple[datetime, list[list[dict[str, Any]]]]]:
    """Yield each hour of `[since, until)` with departures, and its requests: one for the hour, some flights singly.

    `singles` is how many flights of a day are sent on their own, spread evenly over it.
    """
    day = since
    while day < until:
        rows = _rows(departures, day, min(day + timedelta(days=1), until))
        every = max(1, len(rows) // singles) if singles else 0
        hours: dict[datetime, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
        for number, (hour, row) in enumerate(rows):
            together, alone = hours.setdefault(hour, ([], []))
            (alone if every and number % every == every - 1 else together).append(row)
        for hour, (together, alone) in hours.items():
            yield hour, [*([together] if together else []), *([row] for row in alone)]
        day += timedelta(days=1)


def _rows(
    departures: duckdb.DuckDBPyConnection, since: datetime, until: datetime
) -> list[tuple[datetime, dict[str, Any]]]:
    # Times are fetched as text and numbers: DuckDB's own time values would need a package for time zones.
    columns = ", ".join(_AS_SENT.get(name, name) for name in SENT)
    found = departures.execute(
        f"SELECT epoch(date_trunc('hour', scheduled)), {columns} FROM departures "  # noqa: S608  columns are our own
        "WHERE scheduled >= $since AND scheduled < $until ORDER BY scheduled, flight_id",
        {"since": since, "until": until},
    ).fetchall()
    return [(datetime.fromtimestamp(hour, UTC), dict(zip(SENT, row, strict=True))) for hour, *row in found]


def truths_of(departures: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Return the labels that became known in `(since, until]`, with the carrier as an attribute."""
    found = departures.execute(
        "SELECT flight_id, late, carrier FROM departures "
        "WHERE truth_at > $since AND truth_at <= $until ORDER BY flight_id",
        {"since": since, "until": until},
    ).fetchall()
    return [{"flight_id": flight, "label": late, "carrier": carrier} for flight, late, carrier in found]
