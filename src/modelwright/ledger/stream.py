"""Streams: read forward, decide on what is there, append at head + 1 or decide again."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

from modelwright.canonical import timestamp
from modelwright.clock import Clock, SystemClock
from modelwright.errors import IntegrityError, RaceLostError, TransientError, UsageError
from modelwright.ledger.actor import Actor, actor_from_environment
from modelwright.ledger.event import Draft, Event
from modelwright.ledger.snapshot import EVERY, Chain, read_snapshot, write_snapshot
from modelwright.store import Store

ROOT = "ledger/v1/"
ATTEMPTS = 100
_PUTS = 4
_AT_ONCE = 32
_LONGEST_PAUSE = 0.05  # seconds between two attempts of a race
_STREAM = re.compile(r"[a-z][a-z0-9-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*")
EVENT_KEY = re.compile(r"(?P<stream>.+)/(?P<seq>\d{12})\.json")

Decision = Callable[[tuple[Event, ...]], Draft | None]


class Ledger:
    """All streams of one control store, written as one actor by one clock."""

    def __init__(
        self, store: Store, *, clock: Clock | None = None, actor: Actor | None = None, platform: str = ""
    ) -> None:
        self.store = store
        self.clock = clock or SystemClock()
        self.actor = actor or actor_from_environment()
        self.platform = platform
        self._streams: dict[str, Stream] = {}

    def stream(self, name: str) -> Stream:
        """Return the stream of this name, such as `endpoint/delay-api`; the same object each time."""
        if name not in self._streams:
            self._streams[name] = Stream(self, name)
        return self._streams[name]

    def streams(self) -> list[str]:
        """Return the names of all streams that have events, sorted."""
        return sorted(stored_events(self.store))


class Stream:
    """One chain of events. Its cache is refreshed by reading forward; threads may share it."""

    def __init__(self, ledger: Ledger, name: str) -> None:
        if not _STREAM.fullmatch(name):
            raise UsageError(f"{name!r} is not a stream", remedy="name it <kind>/<name>, such as endpoint/delay-api")
        self.name = name
        self._ledger = ledger
        self._store = ledger.store
        self._prefix = f"{ROOT}{name}/"
        self._chain: Chain | None = None
        self._by_key: dict[str, Event] = {}
        self._events: tuple[Event, ...] = ()
        self._lock = threading.RLock()

    @property
    def head(self) -> tuple[int, str]:
        """The last event's number and digest as stored; (0, "") for an empty stream."""
        with self._lock:
            chain = self._refresh()
            return len(chain.events), chain.head

    def events(self) -> tuple[Event, ...]:
        """Return all events. Raises `IntegrityError` where the stream has a gap or its chain is broken."""
        with self._lock:
            chain = self._refresh()
            if len(self._events) != len(chain.events):
                self._events = tuple(chain.events)
            return self._events

    def append(
        self, kind: str, body: Mapping[str, Any], *, key: str, reason: str = "", cause: Iterable[str] = ()
    ) -> Event:
        """Append an event whatever the stream holds, unless its key was seen before: then return that event."""
        draft = Draft(kind, body, key, reason, tuple(cause))
        event = self.decide(lambda _: draft)
        assert event is not None
        return event

    def decide(self, decision: Decision) -> Event | None:
        """Append what `decision` makes of the events so far; when somebody else was first, ask it again.

        `decision` gets the stream as it is now and returns a draft, or None to leave it so; it may raise. A draft
        whose key was seen before returns that event. Raises `RaceLostError` after 100 lost attempts.
        """
        with self._lock:
            for attempt in range(ATTEMPTS):
                draft = decision(self.events())
                if draft is None:
                    return None
                if draft.key in self._by_key:
                    return self._by_key[draft.key]
                event = self._try(draft)
                if event is not None:
                    return event
                _pause(attempt)
            winner = self.events()[-1]
        raise RaceLostError(
            f"{winner.actor.id} decided first: {winner.kind} at {timestamp(winner.recorded)}",
            where=winner.reference,
            remedy="look at the stream's history and run the command again",
        )

    def _refresh(self) -> Chain:
        if self._chain is None:
            self._chain = self._open()
            self._by_key = {event.key: event for event in reversed(self._chain.events)}
        while (data := self._store.get(self._key(len(self._chain.events) + 1))) is not None:
            self._add(data)
        return self._chain

    def _open(self) -> Chain:
        length = self._length()
        chain = self._cached(length) or Chain(self.name)
        keys = [self._key(seq) for seq in range(len(chain.events) + 1, length + 1)]
        for key, data in zip(keys, _fetch(self._store, keys), strict=True):
            if data is None:
                raise IntegrityError("the event was removed while the stream was read", where=key)
            chain.add(data, where=key)
        return chain

    def _length(self) -> int:
        """Return how many events there are. Raises `IntegrityError` where one is missing."""
        listed = stored_events(self._store, self._prefix).get(self.name, [])
        numbers = complete(self._store, self.name, listed)
        for expected, number in enumerate(numbers, start=1):
            if number != expected:
                raise IntegrityError(
                    f"event {expected} is missing, though {number} is there",
                    where=self.name,
                    remedy="restore it from a backup; `modelwright ledger verify` lists all that is wrong",
                )
        return len(numbers)

    def _cached(self, length: int) -> Chain | None:
        """Return the snapshot if its last event is the original's bytes; the chain then vouches for the others."""
        chain = read_snapshot(self._store, self._prefix, self.name) if length else None
        if chain is None or len(chain.events) > length:
            return None
        return chain if self._store.get(self._key(len(chain.events))) == chain.raw[-1] else None

    def _add(self, data: bytes) -> Event:
        assert self._chain is not None
        event = self._chain.add(data, where=self._key(len(self._chain.events) + 1))
        self._by_key.setdefault(event.key, event)
        return event

    def _try(self, draft: Draft) -> Event | None:
        """Write a draft at head + 1; return None when another event is there."""
        chain = self._chain  # as the decision saw it: refreshing here would append to a stream nobody decided on
        assert chain is not None
        seq = len(chain.events) + 1
        data = self._event(draft, seq, chain.head).to_bytes()
        if not _put_once(self._store, self._key(seq), data):
            return None
        event = self._add(data)
        if seq % EVERY == 0:
            write_snapshot(self._store, self._prefix, chain.raw)
        return event

    def _event(self, draft: Draft, seq: int, prev: str) -> Event:
        return Event(
            stream=self.name,
            seq=seq,
            prev=prev,
            kind=draft.kind,
            key=draft.key,
            at=self._ledger.clock.now(),
            recorded=datetime.now(UTC),
            actor=self._ledger.actor,
            reason=draft.reason,
            cause=draft.cause,
            platform=self._ledger.platform,
            body=draft.body,
            by=_by(),
        )

    def _key(self, seq: int) -> str:
        return event_key(self.name, seq)


def event_key(stream: str, seq: int) -> str:
    """Return where an event is stored."""
    return f"{ROOT}{stream}/{seq:012d}.json"


def stored_events(store: Store, prefix: str = ROOT) -> dict[str, list[int]]:
    """Return each stream's event numbers, ascending, as listed."""
    found: dict[str, list[int]] = {}
    for key in store.keys(prefix):
        if match := EVENT_KEY.fullmatch(key, len(ROOT)):
            found.setdefault(match["stream"], []).append(int(match["seq"]))
    return found


def complete(store: Store, stream: str, listed: Iterable[int]) -> list[int]:
    """Return the listed event numbers, ascending, and those that the listing left out though they are there.

    A listing is no snapshot: while others write, it may leave out an event and have the one after it. So a gap is
    asked for, up to the first event that really is missing.
    """
    found: list[int] = []
    for number in listed:
        expected = found[-1] + 1 if found else 1
        while expected < number and store.get(event_key(stream, expected)) is not None:
            found.append(expected)
            expected += 1
        found.append(number)
    return found


def _fetch(store: Store, keys: list[str]) -> list[bytes | None]:
    if len(keys) <= 1:
        return [store.get(key) for key in keys]
    with ThreadPoolExecutor(min(_AT_ONCE, len(keys))) as pool:
        return list(pool.map(store.get, keys))


def _put_once(store: Store, key: str, data: bytes) -> bool:
    """Create an object; return whether it is ours. A put whose outcome is unknown is read back and compared."""
    for attempt in range(_PUTS):
        try:
            return store.create(key, data) or store.get(key) == data
        except (OSError, TransientError):
            found = store.get(key)
            if found is not None:
                return found == data
            if attempt == _PUTS - 1:
                raise
        _pause(attempt)
    return False


def _pause(attempt: int) -> None:
    """Wait a random moment, so that the losers of a race do not all run again at once."""
    time.sleep(random.uniform(0, min(0.001 * 2**attempt, _LONGEST_PAUSE)))  # noqa: S311  # no secret


@cache
def _by() -> str:
    return f"modelwright {metadata.version('modelwright')}"
