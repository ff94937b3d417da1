"""The newest run of what recurs: noted before its job starts, so that whoever is killed in between is followed.

A run is begun by its note. A job that is then found lost, because its processes were killed or never started, is
started again under a name of its own, a few times; one that failed by itself waits for its next time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from modelwright.canonical import canonical, parse_timestamp, read_object, timestamp
from modelwright.lifecycle.platform import LivePlatform
from modelwright.store import place

ATTEMPTS = 3
"""How often a job that is lost is started in all."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of something that recurs: its job, the time it looks at, and how it stands."""

    job: str
    now: datetime
    done: bool = False
    succeeded: datetime | None = None
    """The time that the last successful run looked at: this one's, once it has succeeded."""
    attempt: int = 1

    def again(self) -> Run | None:
        """Return the next attempt at a run whose job was lost, None when it was tried often enough."""
        if self.attempt >= ATTEMPTS:
            return None
        first = self.job.removesuffix(f"-again{self.attempt}")
        return replace(self, job=f"{first}-again{self.attempt + 1}", attempt=self.attempt + 1)

    def ended(self, *, well: bool) -> Run:
        """Return this run as one that has ended."""
        return replace(self, done=True, succeeded=self.now if well else self.succeeded)


def read_run(platform: LivePlatform, key: str) -> Run | None:
    """Return the newest run noted under a key."""
    data = platform.store.get(key)
    if data is None:
        return None
    remedy = "remove it: the schedule then runs as if for the first time"
    needs = ("job", "now", "done", "succeeded", "attempt")
    document = read_object(data, where=place(platform.store, key), needs=needs, remedy=remedy)
    last = document["succeeded"]
    return Run(
        document["job"],
        parse_timestamp(document["now"]),
        document["done"],
        parse_timestamp(last) if last else None,
        document["attempt"],
    )


def note_run(platform: LivePlatform, key: str, run: Run) -> None:
    """Note the newest run under a key."""
    document = {
        "job": run.job,
        "now": timestamp(run.now),
        "done": run.done,
        "succeeded": timestamp(run.succeeded) if run.succeeded else None,
        "attempt": run.attempt,
    }
    platform.store.put(key, canonical(document))
