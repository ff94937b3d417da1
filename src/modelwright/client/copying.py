"""Copying a version to another environment: the same bytes, verified on the way, and where they are from."""

from __future__ import annotations

from typing import Any

from modelwright.ledger.event import Draft, Event
from modelwright.lifecycle.appending import append_model
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.registration import adopt_files
from modelwright.lifecycle.states import VersionState, fold_model
from modelwright.lifecycle.training import find_run


def copy(source: LivePlatform, version: VersionState, target: LivePlatform) -> int:
    """Register a version elsewhere; return its number there. The same bytes again are the same version.

    Raises `IntegrityError` when a file is not what its digest says, and `NotFoundError` for an undeclared model.
    """
    target.record.model(version.model)
    folder = f"models/{version.digest.removeprefix('sha256:')}"
    adopt_files(source, folder, version.digest, to=target.store)
    origin = {"environment": source.record.environment, "version": version.number, "by": version.by}
    author = version.body.get("author") or find_run(source, version.run).actor
    body = {**version.body, "imported": origin, "author": author}

    def decide(events: tuple[Event, ...]) -> Draft | None:
        number = max(fold_model(events).versions, default=0) + 1
        return Draft("version.imported", {**body, "version": number}, key=f"register/{version.digest}")

    event = target.model(version.model).decide(decide)
    assert event is not None, "every decision is an event"
    verified: dict[str, Any] = {"version": event.body["version"]}
    append_model(target, version.model, "version.verified", verified, key=f"version/{verified['version']}/verified")
    return int(event.body["version"])
