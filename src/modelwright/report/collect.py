"""The story of one endpoint, read from the ledger and from its monitor's results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from modelwright.errors import UsageError, did_you_mean
from modelwright.ledger.event import merged
from modelwright.report.deciding import decided, markers
from modelwright.report.series import Drifted, Measured, Released, StoryData, Traffic, Window

if TYPE_CHECKING:
    from modelwright.client.client import Client
    from modelwright.ledger.event import Event
    from modelwright.lifecycle.platform import LivePlatform
    from modelwright.lifecycle.release import EndpointState
    from modelwright.workload.monitor.state import Result


def collect_story(client: Client, *, endpoint: str | None = None, monitor: str | None = None) -> StoryData:
    """Return everything the page shows of one endpoint; the only one if none is named."""
    platform = client.platform
    name, watching = _subject(platform, endpoint, monitor)
    events = _events(platform, name, watching)
    own = platform.endpoint(name).events()
    results = [result for one in watching for result in _results(platform, one)]
    state = _fold(own)
    start, end = _span(platform, own, results)
    measured, drifted = tuple(_measured(results)), tuple(_drifted(results))
    return StoryData(
        title=f"{platform.record.project}: {name} in service",
        subtitle=f"environment {platform.record.environment}, {start:%d %B %Y} to {end:%d %B %Y}",
        start=start,
        end=end,
        facts=_facts(events, state, results),
        measured=measured,
        drifted=drifted,
        traffic=tuple(traffic_of(own)),
        decisions=tuple(decided(events)),
        releases=tuple(_releases(state)),
        markers=tuple(markers(events)),
        footer=f"Written by modelwright {version('modelwright')} from {len(events)} events of the ledger"
        + (f" and {len(results)} results of {', '.join(watching)}." if watching else "."),
    )


def _subject(platform: LivePlatform, endpoint: str | None, monitor: str | None) -> tuple[str, list[str]]:
    """Return the endpoint and the monitors that watch it."""
    monitors = platform.record.of_kind("monitor")
    if monitor is not None:
        return str(platform.record.resource("monitor", monitor)["endpoint"]), [monitor]
    endpoints = list(platform.record.of_kind("endpoint"))
    if endpoint is None and len(endpoints) != 1:
        raise UsageError(f"name one of the endpoints: {', '.join(endpoints) or 'there are none'}")
    name = endpoint or endpoints[0]
    if name not in endpoints:
        raise UsageError(f"there is no endpoint named {name!r}", remedy=did_you_mean(name, endpoints))
    return name, [one for one, document in monitors.items() if document["endpoint"] == name]


def _events(platform: LivePlatform, endpoint: str, monitors: Sequence[str]) -> list[Event]:
    """Return the events of the endpoint, its models, their training jobs and its monitors, in order of recording."""
    models = {reference.partition("@")[0].partition(":")[0] for reference in _references(platform, endpoint)}
    jobs = {str(document["training"]) for name, document in platform.record.models.items() if name in models}
    names = [
        f"endpoint/{endpoint}",
        *(f"model/{model}" for model in sorted(models)),
        *(f"approval/{model}" for model in sorted(models)),
        *(f"training/{job}" for job in sorted(jobs) if job != "None"),
        *(f"monitor/{monitor}" for monitor in monitors),
    ]
    found = [event for name in names for event in platform.ledger.stream(name).events()]
    return merged(found)


def _references(platform: LivePlatform, endpoint: str) -> Iterator[str]:
    document = platform.record.resource("endpoint", endpoint)
    yield from platform.record.serves(endpoint)
    if document.get("shadow"):
        yield str(document["shadow"])


def _results(platform: LivePlatform, monitor: str) -> list[Result]:
    from modelwright.workload.monitor.state import latest_results

    return [result for result in latest_results(platform.store, monitor) if not result.shadow]


def _fold(events: Sequence[Event]) -> EndpointState:
    from modelwright.lifecycle.release import fold_endpoint

    return fold_endpoint(tuple(events))


def _span(platform: LivePlatform, events: Sequence[Event], results: Iterable[Result]) -> tuple[datetime, datetime]:
    moments = [event.at for event in events] + [moment for result in results for moment in result.window]
    start = min(moments, default=platform.now())
    return start, max([*moments, start + timedelta(minutes=1)])


def _window(result: Result) -> Window:
    low, high = result.interval or (None, None)
    return Window(
        result.window[0],
        result.window[1],
        result.version,
        result.status,
        result.value,
        low,
        high,
        result.rows,
        result.matched,
        _threshold(result),
    )


def _threshold(result: Result) -> float | None:
    """Return the number that a result was compared with; none where an automatic one could not be found."""
    numbers = (result.check.get(name) for name in ("threshold", "minimum", "maximum"))
    return next((float(number) for number in numbers if isinstance(number, int | float)), None)


def _measured(results: Sequence[Result]) -> Iterator[Measured]:
    found: dict[str, list[Result]] = {}
    for result in results:
        if result.check.get("kind") == "performance":
            found.setdefault(str(result.check.get("metric")), []).append(result)
    for metric, windows in found.items():
        yield Measured(metric, tuple(_window(result) for result in windows), _threshold(windows[-1]))


def _drifted(results: Sequence[Result]) -> Iterator[Drifted]:
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.check.get("kind") == "drift":
            key = str(result.check.get("column")), str(result.check.get("method"))
            found.setdefault(key, []).append(result)
    for (column, method), windows in sorted(found.items()):
        shares = [share for result in windows if (share := result.detail.get("false_alarms")) is not None]
        false_alarms = float(shares[-1]) if shares else None
        yield Drifted(column, method, tuple(_window(result) for result in windows), false_alarms)


def traffic_of(events: Sequence[Event]) -> Iterator[Traffic]:
    """Yield the shares, by version, that hold from each moment on."""
    for event in events:
        if event.kind == "traffic.set":
            versions = event.body["versions"]
            yield Traffic(
                event.at,
                event.body["release"],
                _by_version(event.body["weights"], versions),
                _by_version(event.body["mirror"], versions),
            )
        elif event.kind == "endpoint.retired":
            yield Traffic(event.at, event.body["release"], {})


def _by_version(shares: dict[str, float], versions: dict[str, int]) -> dict[str, float]:
    found: dict[str, float] = {}
    for variant, share in shares.items():
        name = f"version {versions[variant]}"
        found[name] = found.get(name, 0.0) + share
    return found


def _releases(state: EndpointState) -> Iterator[Released]:
    for number, release in sorted(state.releases.items()):
        versions = ", ".join(f"version {one}" for one in sorted(set(release.versions.values())))
        why = "; ".join(text for text in (release.reason, release.outcome) if text)
        yield Released(number, versions, release.state, release.planned, release.live_at, release.ended, why)


def _facts(events: Sequence[Event], state: EndpointState, results: Sequence[Result]) -> tuple[tuple[str, str], ...]:
    count = {kind: sum(event.kind == kind for event in events) for kind in ("version.registered", "retrain.decided")}
    windows = {(result.window, result.version) for result in results}
    violated = {(result.window, result.version) for result in results if result.status == "violated"}
    return (
        ("Versions", str(count["version.registered"])),
        ("Releases", str(len(state.releases))),
        ("Retrainings decided", str(count["retrain.decided"])),
        ("Windows", str(len(windows))),
        ("Windows violated", str(len(violated))),
    )
