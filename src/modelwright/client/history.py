"""What an endpoint served when, by whom, on what evidence: from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelwright.canonical import timestamp
from modelwright.client.html import table
from modelwright.client.tables import frame
from modelwright.ledger.event import Event
from modelwright.lifecycle.platform import LivePlatform
from modelwright.lifecycle.release import ReleaseState, fold_endpoint
from modelwright.lifecycle.states import fold_model

if TYPE_CHECKING:
    from pandas import DataFrame


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

    def to_pandas(self) -> DataFrame:
        """Return one row per release."""
        return frame([entry.to_dict() for entry in self.entries])

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
    if release.restores is not None:
        found.append(f"restores release {release.restores} with the evidence of that one")
    for cause in planned.cause:
        stream, _, seq = cause.partition("#")
        found += _gates(platform.ledger.stream(stream).events()[: int(seq)], release)
    for event in events:
        if event.kind == "step.done" and event.body["release"] == release.number and event.body["evidence"]:
            facts = event.body["evidence"]
            found.append(f"{event.body['step']}: {facts['requests']} requests, {facts['errors']} errors")
    return tuple(found)


def _gates(events: tuple[Event, ...], release: ReleaseState) -> list[str]:
    """Return what the gates said of a release's versions, and for one of which they said nothing, why."""
    found = [_said_of(event) for event in events if _about(event, release)]
    promotions = fold_model(events).promotions.values()
    judged = {event.body["version"] for event in events if _about(event, release)}
    for version in sorted(set(release.versions.values()) - judged):
        over = any(p.version == version and p.state == "finished" for p in promotions)
        under_way = any(p.version == version and p.state == "open" for p in promotions)
        why = "no gates declared" if over else "gates not decided yet" if under_way else "named by the declaration"
        found.append(f"version {version}: {why}")
    return found


def _about(event: Event, release: ReleaseState) -> bool:
    return event.kind in {"gate.evaluated", "gate.overridden"} and event.body["version"] in release.versions.values()


def _said_of(event: Event) -> str:
    if event.kind == "gate.overridden":
        return f"gates overridden: {event.reason} ({event.reference})"
    verdict = "passed" if event.body["passed"] else "failed"
    return f"{event.body['gate']}: {verdict}, {event.body['text']} ({event.reference})"
