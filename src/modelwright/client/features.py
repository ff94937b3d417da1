"""Feature views: filled on request rather than by schedule, and read online."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelwright.canonical import timestamp
from modelwright.client.batches import await_job
from modelwright.errors import NotFoundError, did_you_mean
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.schedules import start_scheduled


def find_view(platform: LivePlatform, name: str) -> tuple[str, Mapping[str, Any]]:
    """Return a view's feature store and document, by `carrier` or `features.carrier`. Raises `NotFoundError`."""
    views = {
        f"{store}.{view['name']}": (store, view)
        for store, document in platform.record.of_kind("feature_store").items()
        for view in document["views"]
    }
    short = {full.partition(".")[2]: found for full, found in views.items()}
    found = views.get(name) or short.get(name)
    if found is None:
        raise NotFoundError(f"there is no feature view {name!r}", remedy=did_you_mean(name, {**views, **short}))
    return found


def materialize(platform: LivePlatform, name: str) -> str:
    """Run a view's materialisation now and wait for it; return its last line of log."""
    store, view = find_view(platform, name)
    full = f"{store}.{view['name']}"
    step = start_scheduled(platform, full, f"{full}/materialise", by_hand=True)
    return await_job(platform, step.text.removeprefix("started "))


def online(platform: LivePlatform, name: str, keys: Sequence[Mapping[str, str | int]]) -> list[dict[str, Any] | None]:
    """Return the online row of each key as a dict with its event time, None where there is none."""
    store, view = find_view(platform, name)
    rows = platform.driver.online(store).get(view["name"], keys)
    return [
        {**row.keys, view["timestamp"]: timestamp(row.event_time), **row.features} if row is not None else None
        for row in rows
    ]
