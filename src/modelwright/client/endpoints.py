"""Predictions, truth that arrives later, and taking what serves back or away."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelwright.canonical import read_document, timestamp
from modelwright.client.html import definition_list, table
from modelwright.client.tables import frame
from modelwright.client.waiting import Progress, wait_until
from modelwright.errors import (
    BadRequestError,
    CredentialsError,
    GuardrailError,
    NotReleasedError,
    ProviderError,
    TransientError,
    TransitionError,
    UsageError,
)
from modelwright.lifecycle.appending import append_endpoint, lost_to
from modelwright.lifecycle.planning import awaited, read_variant, verb_to_release, wanted_by
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.serving import endpoint_state
from modelwright.store import place
from modelwright.workload.truth import write_truth

if TYPE_CHECKING:
    from pandas import DataFrame

_BAD, _UNKNOWN, _REFUSED, _OVERLOADED = 400, 401, 422, 503
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

    def to_pandas(self) -> DataFrame:
        """Return one row per output."""
        return frame(self.outputs)

    def _repr_html_(self) -> str:
        return table(f"Prediction of version {self.version}", self.outputs)


def predict(platform: LivePlatform, endpoint: str, rows: Any, *, variant: str | None = None) -> Prediction:
    """Ask an endpoint. `rows` are dicts, a mapping of columns to sequences, or a data frame.

    Raises `NotReleasedError` before the first release, `BadRequestError` with the server's own words for a request it
    refuses, `TransientError` when it is overloaded, and `ProviderError` for anything else.
    """
    if platform.record.resource("endpoint", endpoint).get("mode") == "batch":
        raise UsageError(f"{endpoint} scores in batches: nothing listens", remedy=f"modelwright batch {endpoint}")
    if endpoint_state(platform, endpoint).current is None:
        raise not_released(platform, endpoint)
    body = _encoded(rows)
    headers = {"content-type": "application/json"}
    if variant is not None:
        headers["x-modelwright-variant"] = variant
    try:
        status, answered, data = platform.driver.serving.invoke(endpoint, body, headers)
    except OSError as error:
        raise TransientError(
            f"{endpoint} does not answer: {error}", remedy="`modelwright operate` starts it"
        ) from error
    answer = _answer(endpoint, status, data)
    return Prediction(
        tuple(answer["predictions"]),
        _number(answered.get("x-modelwright-version")),
        _number(answered.get("x-modelwright-release")),
        answered.get("x-modelwright-variant", ""),
        answered.get("x-request-id", ""),
    )


def _encoded(rows: Any) -> bytes:
    try:
        return json.dumps({"rows": rows_of(rows)}, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        if isinstance(error, BadRequestError):
            raise
        raise BadRequestError(
            f"the rows cannot be sent as JSON: {error}", remedy="send missing values as None"
        ) from error


def not_released(platform: LivePlatform, endpoint: str) -> NotReleasedError:
    """Return the error that names what nothing serves for, and the verb that mends it."""
    text = awaited(platform, endpoint) or f"{endpoint} has no live release"
    return NotReleasedError(text, remedy=verb_to_release(platform, endpoint))


def _answer(endpoint: str, status: int, data: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(data)
    except ValueError as error:
        raise ProviderError(f"{endpoint} answered {status} without JSON") from error
    if status == _REFUSED:
        raise GuardrailError(f"{endpoint} refused the request: {_said(answer)}")
    if status == _UNKNOWN:
        raise CredentialsError(
            f"{endpoint} does not know the token that is kept for it",
            remedy="run `modelwright up`: a token that was cut off is made anew, and what serves starts again with it",
        )
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
    current = endpoint_state(platform, endpoint).current
    if current is None:
        raise not_released(platform, endpoint)
    document = read_variant(platform, endpoint, next(iter(current.versions)))
    key = f"models/{document['digest'].removeprefix('sha256:')}/manifest.json"
    where = place(platform.store, key)
    remedy = "restore it from a copy: its run's folder may still hold it"
    manifest = read_document(platform.store.get(key) or b"", "model", 1, where=where, needs=("sample",), remedy=remedy)
    rows: list[dict[str, Any]] = manifest["sample"]["inputs"]
    return rows


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
        """Wait until the earlier release serves; return the rollback.

        Raises `ProviderError` when it cannot serve any more, and `DeadlineError`.
        """
        what = f"the rollback of {self.endpoint}"
        wait_until(self.platform, self.over, what=what, timeout=timeout, on_progress=on_progress)
        self._raise_failure()
        return self

    def _raise_failure(self) -> None:
        state = endpoint_state(self.platform, self.endpoint)
        latest = state.latest
        if latest is not None and latest.restores is not None and latest.state in {"failed", "rolled_back"}:
            text = f"release {latest.number} of {self.endpoint}, which restores release {latest.restores}, went back"
            raise ProviderError(f"{text}: {latest.outcome}", remedy=f"modelwright endpoint status {self.endpoint}")

    def to_dict(self) -> dict[str, Any]:
        """Return the rollback as JSON."""
        current = endpoint_state(self.platform, self.endpoint).current
        live = {"release": current.number, "versions": sorted(set(current.versions.values()))} if current else None
        return {"endpoint": self.endpoint, "decided": self.text, "over": self.over(), "live": live}

    def _repr_html_(self) -> str:
        return definition_list(f"Rollback of {self.endpoint}", self.to_dict())


def retire(platform: LivePlatform, endpoint: str, reason: str) -> None:
    """Record that nothing is to serve behind an endpoint, and stop what does."""
    state = endpoint_state(platform, endpoint)
    if state.moving is not None:
        raise TransitionError(
            f"release {state.moving.number} of {endpoint} is under way",
            remedy=f"wait for it, or run `modelwright endpoint rollback {endpoint}` first",
        )
    if state.current is None:
        raise not_released(platform, endpoint)
    number = state.current.number
    key, body = f"release/{number}/retired", {"release": number, "wanted": wanted_by(platform, endpoint)}
    if append_endpoint(platform, endpoint, "endpoint.retired", body, key=key, reason=reason) is None:
        raise lost_to(platform, endpoint)
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
