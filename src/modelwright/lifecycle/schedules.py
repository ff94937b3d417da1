"""Schedules that run no monitor: feature views to materialise and batch endpoints to score, by their cron lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelwright.canonical import timestamp
from modelwright.errors import NotReleasedError
from modelwright.lifecycle.planning import awaited, read_variant, verb_to_release
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.recurring import Run, note_run, read_run
from modelwright.lifecycle.release import fold_endpoint
from modelwright.spec.cron import Cron


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something that runs by itself: its name, when, and the request that runs it."""

    name: str
    cron: str
    timezone: str
    request: str
    endpoint: str | None = None


def schedules(platform: LivePlatform) -> Iterator[Schedule]:
    """Yield the feature views that are refreshed and the batch endpoints that have a schedule."""
    for store, document in platform.record.of_kind("feature_store").items():
        for view in document["views"]:
            if view.get("refresh"):
                name = f"{store}.{view['name']}"
                yield Schedule(name, view["refresh"], view.get("timezone") or "UTC", f"{name}/materialise")
    for endpoint, document in platform.record.of_kind("endpoint").items():
        if document.get("mode") == "batch" and document.get("schedule"):
            zone = document.get("timezone") or "UTC"
            yield Schedule(endpoint, document["schedule"], zone, f"{endpoint}/batch", endpoint)


def advance_schedule(platform: LivePlatform, schedule: Schedule, *, start: bool) -> Step | None:
    """Observe the job of a schedule, or start one when it is due."""
    last = read_run(platform, _key(schedule.name))
    if last is not None and not last.done:
        return _observe(platform, schedule, last)
    if start and _due(platform, schedule, last):
        return start_scheduled(platform, schedule.name, schedule.request)
    return None


def _due(platform: LivePlatform, schedule: Schedule, last: Run | None) -> bool:
    """Return whether its time has come since it last ran; a view is filled at once, a batch waits for its time."""
    since = last.now if last is not None else None
    if schedule.endpoint is not None:
        current = fold_endpoint(platform.endpoint(schedule.endpoint).events()).current
        if current is None or current.live_at is None:
            return False
        since = since or current.live_at
    return since is None or Cron.parse(schedule.cron).next_after(since, schedule.timezone) <= platform.now()


def start_scheduled(platform: LivePlatform, name: str, request: str, *, by_hand: bool = False) -> Step:
    """Start a schedule's job now: once in a second, however many processes tick, unless somebody asks for it."""
    now = platform.now()
    job = f"{name.replace('.', '-')}-{now:%Y%m%dT%H%M%S}" + (f"-{uuid.uuid4().hex[:6]}" if by_hand else "")
    last = read_run(platform, _key(name))
    _begin(platform, name, request, Run(job, now, succeeded=last.succeeded if last else None))
    return Step(f"schedule/{name}", f"started {job}", busy=True, moved=True)


def _begin(platform: LivePlatform, name: str, request: str, run: Run) -> None:
    slots = {"at": timestamp(run.now), "now": timestamp(run.now), "run": run.job}
    if request.endswith("/batch"):
        slots |= _batch_slots(platform, name)
    filled = platform.record.filled(request, slots)
    note_run(platform, _key(name), run)
    platform.driver.jobs.start(run.job, filled)


def _batch_slots(platform: LivePlatform, endpoint: str) -> dict[str, Any]:
    state = fold_endpoint(platform.endpoint(endpoint).events())
    if state.current is None:
        raise NotReleasedError(awaited(platform, endpoint) or f"{endpoint} has no release to score with",
                               remedy=verb_to_release(platform, endpoint))  # fmt: skip
    variant = next(iter(state.current.versions))
    config = read_variant(platform, endpoint, variant)["request"]["body"]["config"]
    return {
        "model_uri": config["model"],
        "version": config["version"],
        "release": config["release"],
        "variant": variant,
        "fallback": config.get("fallback", {}),
    }


def _observe(platform: LivePlatform, schedule: Schedule, run: Run) -> Step | None:
    stream = f"schedule/{schedule.name}"
    status = platform.driver.jobs.status(run.job)
    if status.state in {"queued", "running"}:
        return Step(stream, f"{run.job} is {status.state}", busy=True)
    if status.state == "lost" and (again := run.again()) is not None:
        _begin(platform, schedule.name, schedule.request, again)
        return Step(stream, f"{run.job} was lost ({status.reason}); started again", busy=True, moved=True)
    note_run(platform, _key(schedule.name), run.ended(well=status.state == "succeeded"))
    if status.state != "succeeded":
        return Step(stream, f"{run.job} {status.state}: {status.reason}", moved=True, failed=True)
    return None


def _key(name: str) -> str:
    return f"schedules/{name}.json"
