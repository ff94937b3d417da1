"""What served when: from the traffic that was set, one row per variant and share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from modelwright.contract.driver import Measure

if TYPE_CHECKING:
    from modelwright.ledger.event import Event
    from modelwright.report.survey import Survey


@dataclass(frozen=True, slots=True)
class Served:
    """A variant's share of an endpoint's requests, from one moment to another; `until` is None while it lasts."""

    endpoint: str
    release: int
    variant: str
    version: int
    share: float
    mirrored: bool
    since: datetime
    until: datetime | None
    event: str

    @property
    def said(self) -> str:
        """The share as a person says it."""
        return f"mirrored {self.share * 100:g} %" if self.mirrored else f"{self.share:g} %"


def served(survey: Survey, endpoint: str) -> list[Served]:
    """Return who served behind an endpoint, oldest first; nobody where its traffic cannot be read, which is noted."""
    none: list[Served] = []
    events = survey.events(f"endpoint/{endpoint}")
    return survey.documents.attempt(f"traffic of {endpoint}", lambda: shares_of(endpoint, events), none)


def shares_of(endpoint: str, events: Sequence[Event]) -> list[Served]:
    """Return who served behind an endpoint, oldest first; the same share set again goes on."""
    found: list[Served] = []
    running: dict[tuple[str, bool], int] = {}
    for event in events:
        if event.kind not in {"traffic.set", "endpoint.retired"}:
            continue
        now = {(one.variant, one.mirrored): one for one in _set(endpoint, event)}
        for key, index in list(running.items()):
            if key not in now or now[key].share != found[index].share:
                found[index] = replace(found[index], until=event.at)
                del running[key]
        for key, one in now.items():
            if key not in running:
                running[key] = len(found)
                found.append(one)
    return found


def _set(endpoint: str, event: Event) -> Iterator[Served]:
    if event.kind != "traffic.set":
        return
    body = event.body
    for shares, mirrored in ((body["weights"], False), (body["mirror"], True)):
        for variant, share in shares.items():
            if share:
                version = int(body["versions"][variant])
                yield Served(
                    endpoint, body["release"], variant, version, float(share), mirrored, event.at, None, event.reference
                )


def measured(survey: Survey, one: Served) -> Measure | None:
    """Return what clients saw of a variant while it had this share; None where nothing was measured."""
    until = one.until or max(survey.end, survey.platform.now())
    if until <= one.since:
        return None
    return survey.measures(one.endpoint, one.since, until).get(one.variant)


def model_of(survey: Survey, endpoint: str, version: int, release: int) -> str:
    """Return the model that a version of a release belongs to: the reference that was resolved when it was planned."""
    state = survey.endpoint(endpoint)
    planned = state.releases.get(release)
    targets = planned.wanted.get("targets", {}) if planned is not None else {}
    names = [reference for reference, number in targets.items() if number == version] or list(targets)
    return names[0].partition("@")[0].partition(":")[0] if names else ""
