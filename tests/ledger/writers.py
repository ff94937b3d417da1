"""Processes that write one ledger at the same time: run as `python writers.py <what> <store> <name> <count>`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from modelwright.ledger.event import Actor, Draft, Event
from modelwright.ledger.stream import Ledger
from modelwright.store import DirectoryStore


def append(ledger: Ledger, name: str, count: int) -> None:
    """Append own events, and events that every process calls by the same keys."""
    stream = ledger.stream("model/delay")
    for number in range(count):
        stream.append("noted", {"by": name, "number": number}, key=f"{name}/{number}")
        stream.append("shared", {"number": number}, key=f"shared/{number}")


def claim(ledger: Ledger, name: str, count: int) -> None:
    """Be the one who moves the champion from n to n + 1, for each n."""
    stream = ledger.stream("model/delay")
    for number in range(count):

        def decision(events: tuple[Event, ...], number: int = number) -> Draft | None:
            champion = max((event.body["version"] for event in events), default=0)
            if champion != number:
                return None
            body = {"name": "champion", "version": number + 1, "expected": number}
            return Draft("alias.set", body, key=f"{name}/{number}")

        stream.decide(decision)


def scribble(ledger: Ledger, name: str, _count: int) -> None:
    """Append until killed."""
    for number in itertools.count():
        ledger.stream(f"endpoint/e{number % 3}").append("noted", {"pad": "x" * 500}, key=f"{name}/{number}")


if __name__ == "__main__":
    _, what, root, who, times = sys.argv
    run = {"append": append, "claim": claim, "scribble": scribble}[what]
    run(Ledger(DirectoryStore(Path(root)), actor=Actor(who)), who, int(times))
