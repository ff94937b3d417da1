"""Schedules that run no monitor: feature views to materialise and batch endpoints to score, by their cron lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from modelwright.canonical import canonical, parse_timestamp, timestamp
from modelwright.errors import NotReleasedError
from modelwright.lifecycle.planning import read_variant
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.release import fold_endpoint
from modelwright.spec.cron import Cron


def advance_schedules(platform: LivePlatform) -> Step | None:
    """Observe the jobs of schedules, or start the first that is due."""
    for name, cron, request in _schedules(platform):
        last = _last(platform, name)
        if last is not None and not last["done"]:
            step = _observe(platform, name, last)
            if step is not None:
                return step
            continue
        if _due(platform, cron, last):
            return start_scheduled(platform, name, request)
    return None


def _schedules(platform: LivePlatform) -> Iterator[tuple[str, str, str]]:
    for store, document in platform.record.of_kind("feature_store").items():
        for view in document["views"]:
            if view.get("refresh"):
                yield f"{store}.{view['name']}", view["refresh"], f"{store}.{view['name']}/materialise"
    for endpoint, document in platform.record.of_kind("endpoint").items():
        if document.get("mode") == "batch" and document.get("schedule"):
            yield endpoint, document["schedule"], f"{endpoint}/batch"


def _due(platform: LivePlatform, cron: str, last: Mapping[str, Any] | None) -> bool:
    if last is None:
        return True
    return Cron.parse(cron).next_after(parse_timestamp(last["now"])) <= platform.now()


def start_scheduled(platform: LivePlatform, name: str, request: str) -> Step:
    """Start a schedule's job now."""
    now = platform.now()
    job = f"{name.replace('.', '-')}-{now:%Y%m%dT%H%M%S}"
    slots = {"at": timestamp(now), "now": timestamp(now), "run": job}
    if request.endswith("/batch"):
        slots |= _batch_slots(platform, name)
    _mark(platform, name, job, now, done=False)
    platform.driver.jobs.start(job, platform.record.filled(request, slots))
    return Step(f"schedule/{name}", f"started {job}", busy=True, moved=True)


def _batch_slots(platform: LivePlatform, endpoint: str) -> dict[str, Any]:
    state = fold_endpoint(platform.endpoint(endpoint).events())
    if state.current is None:
        raise NotReleasedError(f"{endpoint} has no release to score with")
    variant = next(iter(state.current.versions))
    config = read_variant(platform, endpoint, variant)["request"]["body"]["config"]
    return {
        "model_uri": config["model"],
        "version": config["version"],
        "release": config["release"],
        "variant": variant,
    }


def _observe(platform: LivePlatform, name: str, last: Mapping[str, Any]) -> Step | None:
    status = platform.driver.jobs.status(last["job"])
    if status.state in {"queued", "running"}:
        return Step(f"schedule/{name}", f"{last['job']} is {status.state}", busy=True)
    _mark(platform, name, last["job"], parse_timestamp(last["now"]), done=True)
    if status.state != "succeeded":
        text = f"{last['job']} {status.state}: {status.reason}"
        return Step(f"schedule/{name}", text, moved=True, failed=True)
    return None


def _last(platform: LivePlatform, name: str) -> dict[str, Any] | None:
    data = platform.store.get(f"schedules/{name}.json")
    if data is None:
        return None
    document: dict[str, Any] = json.loads(data)
    return document


def _mark(platform: LivePlatform, name: str, job: str, now: datetime, *, done: bool) -> None:
    document = {"job": job, "now": timestamp(now), "done": done}
    platform.store.put(f"schedules/{name}.json", canonical(document))
