"""Monitors: run when a window has closed, and folded into a state that changes only when their results do.

A monitor job writes results and nothing else; the operator derives `healthy` or `violated` from them here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from modelwright.canonical import canonical, timestamp
from modelwright.ledger.event import Event
from modelwright.lifecycle.planning import read_variant
from modelwright.lifecycle.platform import LivePlatform, Step
from modelwright.lifecycle.recurring import Run, note_run, read_run
from modelwright.lifecycle.registration import model_state, model_uri
from modelwright.lifecycle.release import fold_endpoint
from modelwright.lifecycle.retraining import decide_retraining
from modelwright.spec.cron import Cron
from modelwright.workload.monitor.state import Result, latest_results
from modelwright.workload.monitor.windows import closed_between

_INSTANT = timedelta(microseconds=1)


def advance_monitor(platform: LivePlatform, monitor: str, *, start: bool) -> Step | None:
    """Observe a monitor's job, or start one when a window has closed since the last."""
    last = read_run(platform, _key(monitor))
    if last is not None and not last.done:
        return _observe(platform, monitor, last)
    if start and _due(platform, monitor, last):
        return start_monitor(platform, monitor)
    return None


def start_monitor(platform: LivePlatform, monitor: str) -> Step:
    """Start a monitor's job over every closed window without a result."""
    now = platform.now()
    last = read_run(platform, _key(monitor))
    _begin(platform, monitor, Run(f"{monitor}-{now:%Y%m%dT%H%M%S}", now, succeeded=last.succeeded if last else None))
    return Step(f"monitor/{monitor}", f"watching up to {now:%Y-%m-%d %H:%M}", busy=True, moved=True)


def _begin(platform: LivePlatform, monitor: str, run: Run) -> None:
    platform.driver.serving.flush(platform.record.resource("monitor", monitor)["endpoint"])
    now = timestamp(run.now)
    slots = {"at": now, "now": now, "run": run.job, "releases": watched_releases(platform, monitor)}
    note_run(platform, _key(monitor), run)
    platform.driver.jobs.start(run.job, platform.record.filled(f"{monitor}/monitor", slots))


def watched_releases(platform: LivePlatform, monitor: str) -> list[dict[str, Any]]:
    """Return every variant that ever had traffic behind the monitored endpoint, with its version's own profile."""
    endpoint = platform.record.resource("monitor", monitor)["endpoint"]
    found: dict[str, dict[str, Any]] = {}
    for event in platform.endpoint(endpoint).events():
        if event.kind != "traffic.set":
            continue
        for variant in (*event.body["weights"], *event.body["mirror"]):
            if variant not in found:
                found[variant] = _watched(platform, endpoint, variant, event)
    return list(found.values())


def _watched(platform: LivePlatform, endpoint: str, variant: str, event: Event) -> dict[str, Any]:
    document = read_variant(platform, endpoint, variant)
    number = event.body["versions"][variant]
    version = model_state(platform, document["model"]).versions[number]
    return {
        "release": event.body["release"],
        "version": number,
        "variant": variant,
        "profile": version.body.get("profile"),
        "from": timestamp(event.at),
        "model": model_uri(platform, version),
    }


def _due(platform: LivePlatform, monitor: str, last: Run | None) -> bool:
    document = platform.record.resource("monitor", monitor)
    state = fold_endpoint(platform.endpoint(document["endpoint"]).events())
    first = min((r.live_at for r in state.releases.values() if r.live_at), default=None)
    if first is None:
        return False
    since = last.succeeded if last is not None and last.succeeded is not None else first
    now, zone, cron = platform.now(), document.get("timezone") or "UTC", Cron.parse(document["schedule"])
    closed = closed_between(document, since, now)
    if not closed or cron.next_after(closed[0] - _INSTANT, zone) > now:
        return False
    # What failed is tried at its next time, not at every look.
    return last is None or last.succeeded == last.now or cron.next_after(last.now, zone) <= now


def _observe(platform: LivePlatform, monitor: str, run: Run) -> Step:
    stream = f"monitor/{monitor}"
    status = platform.driver.jobs.status(run.job)
    if status.state in {"queued", "running"}:
        return Step(stream, f"{run.job} is {status.state}", busy=True)
    if status.state == "lost" and (again := run.again()) is not None:
        _begin(platform, monitor, again)
        return Step(stream, f"{run.job} was lost ({status.reason}); started again", busy=True, moved=True)
    if status.state != "succeeded":
        note_run(platform, _key(monitor), run.ended(well=False))
        return Step(stream, f"{run.job} {status.state}: {status.reason}", moved=True, failed=True)
    text = _derive(platform, monitor)
    retrained = decide_retraining(platform, monitor)
    note_run(platform, _key(monitor), run.ended(well=True))
    return Step(stream, "; ".join(part for part in (text, retrained) if part), busy=bool(retrained), moved=True)


def newest_results(platform: LivePlatform, monitor: str) -> tuple[Result, ...]:
    """Return the counted result of every window, version and check of a monitor, oldest window first."""
    return latest_results(platform.store, monitor)


def _derive(platform: LivePlatform, monitor: str) -> str:
    """Append the monitor's new state when it changed; return what is to say.

    A check is as its newest window says that could be judged: one without enough rows or labels changes nothing.
    """
    document = platform.record.resource("monitor", monitor)
    state = fold_endpoint(platform.endpoint(document["endpoint"]).events())
    live = set(state.current.versions.values()) if state.current else set()
    results = [r for r in newest_results(platform, monitor) if r.version in live and not r.shadow]
    told = {(r.check_id, r.version): r for r in results if r.status in {"ok", "violated"}}
    if not told:
        return "insufficient: no window has enough rows or labels yet" if results else "no window with results yet"
    window = max(r.window for r in results)
    violated = sorted({check for (check, _), r in told.items() if r.status == "violated"})
    _change(platform, document, violated, window, sorted(live))
    newest = {r.status for r in results if r.window == window}
    unjudged = " (the newest window is insufficient)" if not newest & {"ok", "violated"} else ""
    said = f"{', '.join(violated)} violated" if violated else "healthy"
    return f"window {window[0]:%Y-%m-%d}: {said}{unjudged}"


def _change(
    platform: LivePlatform,
    document: Mapping[str, Any],
    violated: list[str],
    window: tuple[datetime, datetime],
    live: list[int],
) -> None:
    stream = platform.monitor(document["name"])
    events = stream.events()
    kind = "monitor.violated" if violated else "monitor.healthy"
    if not events or (events[-1].kind, list(events[-1].body["checks"])) != (kind, violated):
        body = {"checks": violated, "window": [timestamp(moment) for moment in window], "versions": live}
        stream.append(kind, body, key=f"{timestamp(window[0])}/{len(events)}")
    _alert(platform, document, stream.events()[-1])


def _alert(platform: LivePlatform, document: Mapping[str, Any], event: Event) -> None:
    """Tell of a violation once; whoever is killed in between leaves it to the next who looks."""
    told = f"monitors/{document['name']}/alerts/{event.seq:012d}.json"
    if event.kind != "monitor.violated" or platform.store.get(told) is not None:
        return
    message = {"monitor": document["name"], "endpoint": document["endpoint"], **event.body, "at": timestamp(event.at)}
    for alert in document.get("alerts", []):
        platform.driver.notify(json.dumps(alert, sort_keys=True), message)
    platform.store.create(told, canonical({"schema": "modelwright.told/1", "event": event.reference}))


def _key(monitor: str) -> str:
    return f"monitors/{monitor}/last.json"


def is_running(platform: LivePlatform, monitor: str) -> bool:
    """Return whether a monitor's job has been started and its end not yet been observed."""
    last = read_run(platform, _key(monitor))
    return last is not None and not last.done
