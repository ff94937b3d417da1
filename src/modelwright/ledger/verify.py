"""Find what is wrong with a ledger: wrong bytes, a missing middle, a missing tail, a broken chain.

Three witnesses vouch for an event's bytes: the next event's `prev`, the heads that were written down, and the snapshot
where its own chain is whole. A last event that no head and no snapshot names has no witness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from modelwright.canonical import digest
from modelwright.errors import ModelwrightError
from modelwright.ledger.event import Event
from modelwright.ledger.heads import FOLDER, Head, parse_heads
from modelwright.ledger.snapshot import NAME, Chain, read_snapshot
from modelwright.ledger.stream import EVENT_KEY, ROOT, complete, event_key, stored_events
from modelwright.store import Store

FindingKind = Literal["altered", "missing", "tail", "chain", "foreign", "heads"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: in which stream, at which event (0: not at one), and in words."""

    stream: str
    seq: int
    kind: FindingKind
    message: str

    def __str__(self) -> str:
        place = f"{self.stream}#{self.seq}" if self.seq else self.stream
        return f"{place}: {self.message}"


@dataclass(slots=True)
class _Evidence:
    """All that is known of one stream: the originals, and what others remember of them."""

    stream: str
    originals: dict[int, bytes]
    remembered: dict[int, dict[str, str]] = field(default_factory=dict)
    """What witnesses outside the chain say of an event: who they are and the digest they know."""
    copies: dict[int, bytes] = field(default_factory=dict)

    def contradicted(self, seq: int) -> str:
        """Name a witness outside the chain that knows other bytes, or nothing."""
        found = digest(self.originals[seq])
        return next((who for who, known in self.remembered.get(seq, {}).items() if known != found), "")

    def vouched(self, seq: int) -> bool:
        """Whether a witness outside the chain knows just these bytes."""
        return bool(self.remembered.get(seq)) and not self.contradicted(seq)


def verify(store: Store) -> tuple[Finding, ...]:
    """Read every event of every stream and return all that is wrong, by stream and number; empty when all is well."""
    days, findings = _days(store)
    snapshots = _snapshots(store)
    # The witnesses were read first: others may append meanwhile, and a witness must not know more than is listed.
    listed = stored_events(store)
    for stream in sorted({*listed, *snapshots, *(stream for day in days.values() for stream in day)}):
        evidence = _gather(store, stream, listed.get(stream, []), days)
        _remember_copies(evidence, snapshots.get(stream))
        findings += _stream(evidence)
    findings += _foreign(store)
    return tuple(findings)


def _gather(store: Store, stream: str, numbers: list[int], days: dict[str, dict[str, Head]]) -> _Evidence:
    stored = ((seq, store.get(event_key(stream, seq))) for seq in complete(store, stream, numbers))
    evidence = _Evidence(stream, {seq: data for seq, data in stored if data is not None})
    for key, day in days.items():
        if stream in day:
            evidence.remembered.setdefault(day[stream].seq, {})[key] = day[stream].digest
    return evidence


def _remember_copies(evidence: _Evidence, snapshot: Chain | None) -> None:
    for seq, data in enumerate(snapshot.raw if snapshot else (), start=1):
        evidence.copies[seq] = data
        evidence.remembered.setdefault(seq, {})[NAME] = digest(data)


def _stream(evidence: _Evidence) -> Iterator[Finding]:
    events = {seq: _parse(evidence, seq) for seq in evidence.originals}
    broken = dict(_broken_links(evidence, events))
    expected = 1
    for seq in sorted(evidence.originals):
        if seq > expected:
            lost = _span(evidence.stream, expected, seq - 1)
            yield Finding(evidence.stream, expected, "missing", f"{lost} missing from the middle")
        yield from _at(evidence, events[seq], seq, broken.get(seq, ""))
        expected = seq + 1
    last = max(evidence.remembered, default=0)
    if last >= expected:
        witnesses = sorted({who for seq, known in evidence.remembered.items() if seq >= expected for who in known})
        lost = _span(evidence.stream, expected, last)
        yield Finding(
            evidence.stream, expected, "tail", f"{lost} missing from the end; known from {', '.join(witnesses)}"
        )


def _span(stream: str, first: int, last: int) -> str:
    return f"{event_key(stream, first)} is" if first == last else f"{event_key(stream, first)} and all up to {last} are"


def _at(evidence: _Evidence, event: Event | str, seq: int, link: str) -> Iterator[Finding]:
    key = event_key(evidence.stream, seq)
    if isinstance(event, str):
        yield Finding(evidence.stream, seq, "altered", f"{key}: {event}{_difference(evidence, seq)}")
    elif witness := evidence.contradicted(seq):
        yield Finding(evidence.stream, seq, "altered", f"{key} is not what {witness} says{_difference(evidence, seq)}")
    elif seq == 1 and event.prev:
        yield Finding(evidence.stream, seq, "chain", f"{key} names {event.prev} before it; it is the first")
    elif link:
        yield Finding(evidence.stream, seq, "chain", f"{key} {link}")


def _broken_links(evidence: _Evidence, events: dict[int, Event | str]) -> Iterator[tuple[int, str]]:
    """Name, for each link that does not hold, the event that others testify against, and what is wrong with it."""
    digests = {seq: digest(data) for seq, data in evidence.originals.items()}

    def holds(seq: int) -> bool:
        following = events.get(seq + 1)
        return not isinstance(following, Event) or following.prev == digests[seq]

    for seq in sorted(digests):
        if holds(seq):
            continue
        if evidence.vouched(seq) or evidence.contradicted(seq + 1) or not holds(seq + 1):
            yield seq + 1, f"carries as prev what is not the digest of event {seq}"
        else:
            yield seq, f"is not the event whose digest event {seq + 1} carries as prev"


def _parse(evidence: _Evidence, seq: int) -> Event | str:
    """Return the event, or what is wrong with its bytes by themselves."""
    data = evidence.originals[seq]
    try:
        event = Event.from_bytes(data)
    except ModelwrightError as error:
        return error.message
    if (event.stream, event.seq) != (evidence.stream, seq):
        return f"holds {event.reference}"
    return event if event.to_bytes() == data else f"not as it was written{_offset(event.to_bytes(), data)}"


def _difference(evidence: _Evidence, seq: int) -> str:
    copy = evidence.copies.get(seq)
    return _offset(copy, evidence.originals[seq]) if copy is not None else ""


def _offset(expected: bytes, found: bytes) -> str:
    """Name the first byte that differs, counted from 0, with what stands there and what stood there."""
    if expected == found:
        return ""
    pairs = enumerate(zip(expected, found, strict=False))
    place = next((i for i, (a, b) in pairs if a != b), min(len(expected), len(found)))
    return f"; byte {place}: found {found[place : place + 1]!r}, expected {expected[place : place + 1]!r}"


def _days(store: Store) -> tuple[dict[str, dict[str, Head]], list[Finding]]:
    """Read the heads that were written down, and check their own chain."""
    days: dict[str, dict[str, Head]] = {}
    findings: list[Finding] = []
    before = ""
    for key in store.keys(FOLDER):
        data = store.get(key) or b""
        try:
            prev, streams = parse_heads(data, key)
        except ModelwrightError as error:
            findings.append(Finding("heads", 0, "heads", f"{key}: {error.message}"))
        else:
            days[key] = streams
            if prev != before:
                findings.append(Finding("heads", 0, "heads", f"{key} does not follow the day before it"))
        before = digest(data)
    return days, findings


def _snapshots(store: Store) -> dict[str, Chain | None]:
    """Read every snapshot; None for one that is not whole, which says nothing."""
    keys = (key for key in store.keys(ROOT) if key.endswith(f"/{NAME}"))
    streams = [key[len(ROOT) :].removesuffix(f"/{NAME}") for key in keys]
    return {stream: read_snapshot(store, f"{ROOT}{stream}/", stream) for stream in streams}


def _foreign(store: Store) -> list[Finding]:
    keys = [key for key in store.keys(ROOT) if not EVENT_KEY.fullmatch(key) and not key.endswith(f"/{NAME}")]
    return [Finding(key.rpartition("/")[0].removeprefix(ROOT), 0, "foreign", f"{key} is no event") for key in keys]
