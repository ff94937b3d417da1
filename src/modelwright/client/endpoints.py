"""Predictions, and what an endpoint served when, by whom, on what evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelwright.canonical import timestamp
from modelwright.client.html import table
from modelwright.client.waiting import Progress, wait_until
from modelwright.errors import (
    BadRequestError,
    NotReleasedError,
    ProviderError,
    TransientError,
    TransitionError,
    UsageError,
)
from modelwright.ledger.event import Event
from modelwright.lifecycle.planning import awaited
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import model_state
from modelwright.lifecycle.release import ReleaseState, fold_endpoint
from modelwright.lifecycle.serving import endpoint_state
from modelwright.workload.truth import write_truth

_BAD, _OVERLOADED = 400, 503
_CLIENT_ERRORS = range(400, 500)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer of an endpoint: one output per row, and which version of which release gave it."""

    outputs: tuple[Mapping[str, Any], ...]
    version: int | None
    release: int | None
    variant: str
    id: str

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as JSON."""
        return {
            "outputs": [dict(output) for output in self.outputs],
            "version": self.version,
            "release": self.release,
            "variant": self.variant,
            "id": self.id,
        }

    def _repr_html_(self) -> str:
        return table(f"Prediction of version {self.version}", self.outputs)


def predict(platform: LivePlatform, endpoint: str, rows: Any, *, variant: str | None = None) -> Prediction:
    """Ask an endpoint. `rows` are dicts, a mapping of columns to sequences, or a data frame.

    Raises `NotReleasedError` before the first release, `BadRequestError` with the server's own words for a request it
    refuses, `TransientError` when it is overloaded, and `ProviderError` for anything else.
    """
    if endpoint_state(platform, endpoint).current is None:
        raise _not_released(platform, endpoint)
    body = json.dumps({"rows": rows_of(rows)}, allow_nan=False).encode()
    headers = {"content-type": "application/json"}
    if variant is not None:
        headers["x-modelwright-variant"] = variant
    status, answered, data = platform.driver.serving.invoke(endpoint, body, headers)
    answer = _answer(endpoint, status, data)
    return Prediction(
        tuple(answer["predictions"]),
        _number(answered.get("x-modelwright-version")),
        _number(answered.get("x-modelwright-release")),
        answered.get("x-modelwright-variant", ""),
        answered.get("x-request-id", ""),
    )


def _not_released(platform: LivePlatform, endpoint: str) -> NotReleasedError:
    serves = next(iter(platform.record.serves(endpoint)))
    model = serves.partition("@")[0].partition(":")[0]
    training = platform.record.model(model).get("training")
    state = model_state(platform, model)
    verb = f"modelwright model promote {model}:{max(state.versions)}" if state.versions else ""
    verb = verb or (f"modelwright train {training} --promote" if training else f"modelwright model promote {model}:1")
    return NotReleasedError(awaited(platform, endpoint) or f"{endpoint} has no live release", remedy=verb)


def _answer(endpoint: str, status: int, data: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(data)
    except ValueError as error:
        raise ProviderError(f"{endpoint} answered {status} without JSON") from error
    if status in _CLIENT_ERRORS:
        raise BadRequestError(f"{endpoint} refused the request: {_said(answer)}")
    if status == _OVERLOADED:
        raise TransientError(f"{endpoint} is overloaded: {_said(answer)}", remedy="try again in a moment")
    if status >= _BAD:
        raise ProviderError(
            f"{endpoint} answered {status}: {_said(answer)}", remedy=f"modelwright endpoint logs {endpoint}"
        )
    return answer


def _said(answer: Mapping[str, Any]) -> str:
    error = answer.get("error", answer)
    return str(error.get("message", error)) if isinstance(error, Mapping) else str(error)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def rows_of(data: Any) -> list[dict[str, Any]]:
    """Return rows as plain dicts from dicts, columns or a data frame. Raises `BadRequestError` for anything else."""
    if hasattr(data, "to_dict") and hasattr(data, "columns"):
        data = data.to_dict(orient="list")
    if isinstance(data, Mapping):
        lengths = {
            len(values) for values in data.values() if not isinstance(values, str) and hasattr(values, "__len__")
        }
        if len(lengths) == 1:
            count = lengths.pop()
            return [{str(name): _plain(values[i]) for name, values in data.items()} for i in range(count)]
        return [{str(name): _plain(value) for name, value in data.items()}]
    listed = isinstance(data, Sequence) and not isinstance(data, str | bytes)
    if listed and all(isinstance(row, Mapping) for row in data):
        return [{str(name): _plain(value) for name, value in row.items()} for row in data]
    raise BadRequestError("rows must be dicts, a mapping of columns, or a data frame")


def _plain(value: Any) -> Any:
    """Return numpy scalars, times and missing values as JSON has them."""
    if isinstance(value, datetime):
        return timestamp(value) if value.tzinfo else value.isoformat()
    item = value.item() if hasattr(value, "item") else value
    return None if isinstance(item, float) and item != item else item  # noqa: PLR0124  NaN is the only such value


def sample_rows(platform: LivePlatform, endpoint: str) -> list[dict[str, Any]]:
    """Return the sample request stored with the version that serves."""
    from modelwright.lifecycle.planning import read_variant

    current = endpoint_state(platform, endpoint).current
    if current is None:
        raise _not_released(platform, endpoint)
    document = read_variant(platform, endpoint, next(iter(current.versions)))
    manifest = platform.store.get(f"models/{document['digest'].removeprefix('sha256:')}/manifest.json")
    rows: list[dict[str, Any]] = json.loads(manifest or b"{}")["sample"]["inputs"]
    return rows


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One release: what served from when to when, why, by whom, on what evidence."""

    release: int
    versions: tuple[int, ...]
    state: str
    planned: datetime
    live: datetime | None
    ended: datetime | None
    reason: str
    outcome: str
    by: str
    evidence: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as JSON."""
        return {
            "release": self.release,
            "versions": list(self.versions),
            "state": self.state,
            "planned": timestamp(self.planned),
            "live": timestamp(self.live) if self.live else None,
            "ended": timestamp(self.ended) if self.ended else None,
            "reason": self.reason,
            "outcome": self.outcome,
            "by": self.by,
            "evidence": list(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class History:
    """Everything that was ever put behind an endpoint, oldest first."""

    endpoint: str
    entries: tuple[HistoryEntry, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the history as JSON."""
        return {"endpoint": self.endpoint, "releases": [entry.to_dict() for entry in self.entries]}

    def _repr_html_(self) -> str:
        return table(f"History of {self.endpoint}", [entry.to_dict() for entry in self.entries])


def history(platform: LivePlatform, endpoint: str) -> History:
    """Return what served when, by whom, on what evidence: from the ledger alone."""
    platform.record.resource("endpoint", endpoint)
    events = platform.endpoint(endpoint).events()
    planned = {event.body["release"]: event for event in events if event.kind == "release.planned"}
    releases = fold_endpoint(events).releases
    return History(endpoint, tuple(_entry(platform, r, planned[n], events) for n, r in sorted(releases.items())))


def _entry(platform: LivePlatform, release: ReleaseState, planned: Event, events: tuple[Event, ...]) -> HistoryEntry:
    return HistoryEntry(
        release.number, tuple(sorted(set(release.versions.values()))), release.state, release.planned, release.live_at,
        release.ended, release.reason, release.outcome, planned.actor.id, _evidence(platform, release, planned, events),
    )  # fmt: skip


def _evidence(
    platform: LivePlatform, release: ReleaseState, planned: Event, events: tuple[Event, ...]
) -> tuple[str, ...]:
    found = [f"endpoint/{planned.stream.partition('/')[2]}#{planned.seq} planned"]
    for cause in planned.cause:
        stream, _, seq = cause.partition("#")
        found += [_said_of(e) for e in platform.ledger.stream(stream).events()[: int(seq)] if _about(e, release)]
    for event in events:
        if event.kind == "step.done" and event.body["release"] == release.number and event.body["evidence"]:
            facts = event.body["evidence"]
            found.append(f"{event.body['step']}: {facts['requests']} requests, {facts['errors']} errors")
    return tuple(found)


def _about(event: Event, release: ReleaseState) -> bool:
    return event.kind in {"gate.evaluated", "gate.overridden"} and event.body["version"] in release.versions.values()


def _said_of(event: Event) -> str:
    if event.kind == "gate.overridden":
        return f"gates overridden: {event.reason} ({event.reference})"
    verdict = "passed" if event.body["passed"] else "failed"
    return f"{event.body['gate']}: {verdict}, {event.body['text']} ({event.reference})"


@dataclass(frozen=True)
class Rollback:
    """An endpoint on its way back."""

    platform: LivePlatform
    endpoint: str
    text: str

    def over(self) -> bool:
        """Return whether the endpoint has come to rest."""
        state = endpoint_state(self.platform, self.endpoint)
        return state.moving is None and state.going_back is None

    def wait(self, *, timeout: float | None = None, on_progress: Progress | None = None) -> Rollback:
        """Wait until the earlier release serves; return the rollback. Raises `DeadlineError`."""
        what = f"the rollback of {self.endpoint}"
        wait_until(self.platform, self.over, what=what, timeout=timeout, on_progress=on_progress)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the rollback as JSON."""
        current = endpoint_state(self.platform, self.endpoint).current
        live = {"release": current.number, "versions": sorted(set(current.versions.values()))} if current else None
        return {"endpoint": self.endpoint, "decided": self.text, "over": self.over(), "live": live}


def retire(platform: LivePlatform, endpoint: str, reason: str) -> None:
    """Record that nothing is to serve behind an endpoint, and stop what does."""
    state = endpoint_state(platform, endpoint)
    if state.moving is not None:
        raise TransitionError(
            f"release {state.moving.number} of {endpoint} is under way",
            remedy=f"wait for it, or run `modelwright endpoint rollback {endpoint}` first",
        )
    if state.current is None:
        raise _not_released(platform, endpoint)
    key = f"release/{state.current.number}/retired"
    platform.endpoint(endpoint).append("endpoint.retired", {"release": state.current.number}, key=key, reason=reason)
    platform.driver.serving.stop(endpoint)


def record_truth(platform: LivePlatform, endpoint: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Store rows of keys, `label` and attributes as the truth of an endpoint, received now."""
    document = platform.record.resource("endpoint", endpoint)
    keys = list(document["keys"])
    if not keys:
        raise UsageError(f"{endpoint} declares no keys to join truth on", remedy=f'Endpoint("{endpoint}", keys=[…])')
    truths = []
    for number, row in enumerate(rows):
        missing = [name for name in (*keys, "label") if name not in row]
        if missing:
            raise BadRequestError(f"row {number} of the truth lacks {', '.join(missing)}")
        attributes = {name: value for name, value in row.items() if name not in {*keys, "label"}}
        truths.append({"keys": {k: row[k] for k in keys}, "label": row["label"], "attributes": attributes})
    write_truth(platform.store, endpoint, truths, platform.now())
    return len(truths)
