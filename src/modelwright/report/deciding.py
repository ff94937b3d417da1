"""Events of the ledger as decisions: what was decided, why, and on what evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modelwright.report.series import Decided
from modelwright.report.values import Marker

if TYPE_CHECKING:
    from modelwright.ledger.event import Event

_Told = tuple[str, str, str]
"""What was decided, the evidence, and the mood: `good`, `bad` or empty."""


def decided(events: Iterable[Event]) -> Iterator[Decided]:
    """Yield the events that are decisions, in the order given."""
    for event in events:
        tell = _TELLERS.get(event.kind)
        if tell is not None:
            what, evidence, mood = tell(event)
            yield Decided(event.at, what, event.reason, evidence, event.actor.id, event.reference, mood)


def markers(events: Iterable[Event]) -> Iterator[Marker]:
    """Yield the moments that a chart marks: releases that went live, releases that went back, alarms that retrain."""
    for event in events:
        body = event.body
        if event.kind == "release.live":
            yield Marker(event.at, f"release {body['release']}")
        elif event.kind in {"rollback.started", "release.failed"}:
            yield Marker(event.at, f"release {body['release']} goes back", "alarm")
        elif event.kind == "retrain.decided":
            yield Marker(event.at, "retraining", "alarm")


def _run(event: Event) -> _Told:
    body = event.body
    good = body["status"] == "succeeded"
    return f"run {body['run']} {body['status']}", _metrics(body.get("metrics") or {}), "" if good else "bad"


def _registered(event: Event) -> _Told:
    body = event.body
    return f"version {body['version']} registered from {body['run']}", _metrics(body.get("metrics") or {}), ""


def _gate(event: Event) -> _Told:
    body = event.body
    verdict = "passed" if body["passed"] else "failed"
    evidence = ", ".join(part for part in (str(body.get("text", "")), _rows(body.get("evidence") or {})) if part)
    return f"version {body['version']} {verdict} {body['gate']}", evidence, "good" if body["passed"] else "bad"


def _overridden(event: Event) -> _Told:
    return f"version {event.body['version']}: gates overridden", ", ".join(event.body.get("gates", [])), "bad"


def _promoted(event: Event) -> _Told:
    return f"version {event.body['version']} is {event.body['alias']}", "", "good"


def _not_promoted(event: Event) -> _Told:
    return f"version {event.body['version']} is not promoted to {event.body['alias']}", "", "bad"


def _approval(event: Event) -> _Told:
    given = event.kind == "approval.given"
    verb = "approved" if given else "no longer approved"
    return f"version {event.body['version']} {verb} as {event.body['role']}", "", "good" if given else "bad"


def _watched(event: Event) -> _Told:
    checks = ", ".join(event.body["checks"])
    window = event.body.get("window")
    evidence = f"window {window[0][:10]} to {window[1][:10]}" if window else ""
    bad = event.kind == "monitor.violated"
    return (
        f"{event.stream.partition('/')[2]}: {checks + ' violated' if bad else 'healthy'}",
        evidence,
        "bad" if bad else "good",
    )


def _retrain(event: Event) -> _Told:
    parts = []
    for check, windows in (event.body.get("checks") or {}).items():
        values = [f"{one['value']:.3f}" if one.get("value") is not None else str(one["status"]) for one in windows]
        parts.append(f"{check}: {', '.join(values)}")
    what = "retraining decided" if event.kind == "retrain.decided" else "retraining declined"
    return what, "; ".join(parts), ""


def _refused(event: Event) -> _Told:
    return f"the model of run {event.body['run']} is refused", "", "bad"


def _planned(event: Event) -> _Told:
    body = event.body
    shares = ", ".join(f"version {body['versions'][variant]} {weight} %" for variant, weight in body["weights"].items())
    return f"release {body['release']} planned: {shares}", _causes(event), ""


def _step(event: Event) -> _Told:
    body = event.body
    evidence = body.get("evidence") or {}
    said = f"{evidence['requests']} requests, {evidence['errors']} errors" if "requests" in evidence else ""
    return f"release {body['release']}: {body['step']} done", said, ""


def _live(event: Event) -> _Told:
    return f"release {event.body['release']} is live", "", "good"


def _back(event: Event) -> _Told:
    evidence = event.body.get("evidence") or {}
    said = f"{evidence['errors']} errors in {evidence['requests']} requests" if "requests" in evidence else ""
    to = event.body.get("to")
    return f"release {event.body['release']} goes back{f' to release {to}' if to else ''}", said, "bad"


def _restored(event: Event) -> _Told:
    return f"release {event.body['release']}: rollback done", "", ""


def _failed(event: Event) -> _Told:
    return f"release {event.body['release']} failed", "", "bad"


def _retired(event: Event) -> _Told:
    return f"release {event.body['release']} retired", "", ""


def _metrics(metrics: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in metrics.items() if isinstance(value, int | float))


def _rows(evidence: Mapping[str, Any]) -> str:
    if "rows" not in evidence:
        return ""
    return f"{evidence['rows']:,} rows in {evidence.get('blocks', '?')} held-out blocks"


def _causes(event: Event) -> str:
    return ", ".join(event.cause)


_TELLERS: Mapping[str, Callable[[Event], _Told]] = {
    "run.finished": _run,
    "version.registered": _registered,
    "gate.evaluated": _gate,
    "gate.overridden": _overridden,
    "promotion.finished": _promoted,
    "promotion.failed": _not_promoted,
    "approval.given": _approval,
    "approval.withdrawn": _approval,
    "monitor.healthy": _watched,
    "monitor.violated": _watched,
    "retrain.decided": _retrain,
    "retrain.declined": _retrain,
    "retrain.refused": _refused,
    "release.planned": _planned,
    "step.done": _step,
    "release.live": _live,
    "release.failed": _failed,
    "rollback.started": _back,
    "rollback.done": _restored,
    "endpoint.retired": _retired,
}
