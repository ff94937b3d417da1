"""Decides who leads, over and over, and says what was acknowledged: `python … <store> <name> <count>`.

A line is printed after each append has been acknowledged, so a reader knows what a killed writer may not have lost.
"""

from __future__ import annotations

import sys
from pathlib import Path

from modelwright.ledger.event import Actor, Draft, Event
from modelwright.ledger.stream import Ledger
from modelwright.store import DirectoryStore


def decide(ledger: Ledger, name: str, number: int) -> Event:
    """Move the leader by one from wherever it is: a step that is wrong as soon as somebody else was first."""
    key = f"{name}/{number}"

    def decision(events: tuple[Event, ...]) -> Draft:
        seen = sum(1 for event in events if event.kind == "alias.set")
        body = {"name": "leader", "expected": seen or None, "version": seen + 1}
        return Draft("alias.set", body, key=key)

    event = ledger.stream("model/risk").decide(decision)
    assert event is not None
    return event


def main() -> None:
    _, root, name, count = sys.argv
    ledger = Ledger(DirectoryStore(Path(root)), actor=Actor(name))
    for number in range(int(count)):
        if number % 10 == 0:
            event = decide(ledger, name, number)
        else:
            stream = ledger.stream(f"endpoint/e{number % 8}")
            event = stream.append("noted", {"number": number}, key=f"{name}/{number}")
        print(f"{event.stream} {event.seq} {event.key}", flush=True)  # noqa: T201  the acknowledgement


if __name__ == "__main__":
    main()
