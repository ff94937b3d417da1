"""Many processes write one stream: no gap, no event twice, one winner, and nothing torn by a kill."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.waiting import eventually

from modelwright.errors import RaceLostError, TransientError
from modelwright.ledger.event import Actor, Draft, Event
from modelwright.ledger.stream import Ledger
from modelwright.ledger.verify import verify
from modelwright.store import DirectoryStore

WRITERS = Path(__file__).with_name("writers.py")


def start(what: str, root: Path, name: str, count: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(WRITERS), what, str(root), name, str(count)])


def run_together(what: str, root: Path, *, processes: int, count: int) -> None:
    running = [start(what, root, f"p{number}", count) for number in range(processes)]
    assert [process.wait(120) for process in running] == [0] * processes


def test_eight_processes_make_one_chain_with_each_event_exactly_once(tmp_path: Path) -> None:
    run_together("append", tmp_path, processes=8, count=25)
    events = Ledger(DirectoryStore(tmp_path)).stream("model/delay").events()
    assert [event.seq for event in events] == list(range(1, 8 * 25 + 25 + 1))
    own = {f"p{process}/{number}" for process in range(8) for number in range(25)}
    assert Counter(event.key for event in events) == Counter(own | {f"shared/{number}" for number in range(25)})
    assert verify(DirectoryStore(tmp_path)) == ()


def test_the_champion_moves_once_per_step_however_many_want_to_move_it(tmp_path: Path) -> None:
    run_together("claim", tmp_path, processes=8, count=10)
    events = Ledger(DirectoryStore(tmp_path)).stream("model/delay").events()
    assert [(event.body["expected"], event.body["version"]) for event in events] == [(n, n + 1) for n in range(10)]


def test_killed_writers_leave_streams_that_verify_and_can_be_written(tmp_path: Path) -> None:
    dice = random.Random(7)
    store = DirectoryStore(tmp_path)
    for round_number in range(4):
        running = [start("scribble", tmp_path, f"r{round_number}p{number}") for number in range(3)]
        goal = len(store.keys()) + dice.randrange(40, 160)
        eventually(partial(holds, store, goal))
        for process in running:
            process.kill()
            process.wait(10)
        assert verify(store) == ()
    ledger = Ledger(store)
    assert ledger.streams() == ["endpoint/e0", "endpoint/e1", "endpoint/e2"]
    before = len(ledger.stream("endpoint/e0").events())
    assert ledger.stream("endpoint/e0").append("noted", {}, key="after").seq == before + 1


def holds(store: DirectoryStore, count: int) -> bool:
    return len(store.keys()) >= count


class Interrupted(DirectoryStore):
    """A real store whose connection breaks: `create` does its work, or does not, and then fails."""

    def __init__(self, root: Path, *, failures: int, written: bool) -> None:
        super().__init__(root)
        self.failures = failures
        self.written = written

    def create(self, key: str, data: bytes) -> bool:
        if self.failures:
            self.failures -= 1
            if self.written:
                super().create(key, data)
            raise TransientError("the connection was reset")
        return super().create(key, data)


@pytest.mark.parametrize("written", [True, False])
def test_a_put_whose_outcome_is_unknown_is_read_back_and_never_repeated(tmp_path: Path, *, written: bool) -> None:
    stream = Ledger(Interrupted(tmp_path, failures=2, written=written)).stream("model/delay")
    assert stream.append("noted", {}, key="a").seq == 1
    assert [event.key for event in Ledger(DirectoryStore(tmp_path)).stream("model/delay").events()] == ["a"]


class Delayed(DirectoryStore):
    """A real store on a slow line: the first `create` fails, and is carried out after it was read back in vain."""

    late: tuple[str, bytes] | None = None
    failed = False

    def create(self, key: str, data: bytes) -> bool:
        if not self.failed:
            self.failed, self.late = True, (key, data)
            raise TransientError("no answer in time")
        if self.late:
            super().create(*self.late)
        return super().create(key, data)


def test_a_put_that_arrives_after_it_was_given_up_is_recognised_as_ours(tmp_path: Path) -> None:
    stream = Ledger(Delayed(tmp_path)).stream("model/delay")
    assert stream.decide(lambda events: Draft("noted", {}, key=f"after/{len(events)}")) == stream.events()[0]
    assert [event.key for event in stream.events()] == ["after/0"]


class Beaten(DirectoryStore):
    """A real store whose first `create` fails just when somebody else has written that key."""

    def create(self, key: str, data: bytes) -> bool:
        if not self.keys():
            Ledger(DirectoryStore(self.root), actor=Actor("them")).stream("model/delay").append(
                "noted", {}, key="theirs"
            )
            raise TransientError("the connection was reset")
        return super().create(key, data)


def test_what_another_wrote_is_never_taken_for_ours(tmp_path: Path) -> None:
    event = Ledger(Beaten(tmp_path), actor=Actor("me")).stream("model/delay").append("noted", {}, key="mine")
    assert (event.seq, event.actor.id) == (2, "me")


def test_a_store_that_stays_broken_is_an_error_and_a_later_retry_is_harmless(tmp_path: Path) -> None:
    broken = Interrupted(tmp_path, failures=99, written=False)
    with pytest.raises(TransientError, match="reset"):
        Ledger(broken).stream("model/delay").append("noted", {}, key="a")
    broken.failures = 0
    assert Ledger(broken).stream("model/delay").append("noted", {}, key="a").seq == 1


def test_a_conflict_asks_the_decision_again_with_what_the_other_wrote(tmp_path: Path) -> None:
    mine, theirs = (Ledger(DirectoryStore(tmp_path), actor=Actor(name)) for name in ("me", "them"))
    seen: list[tuple[str, ...]] = []

    def decision(events: tuple[Event, ...]) -> Draft | None:
        seen.append(tuple(event.key for event in events))
        if len(seen) == 1:
            theirs.stream("model/delay").append("alias.set", {"version": 2}, key="theirs")
        return None if "theirs" in seen[-1] else Draft("alias.set", {"version": 1}, key="mine")

    assert mine.stream("model/delay").decide(decision) is None
    assert seen == [(), ("theirs",)]


def test_losing_every_time_names_who_won_and_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelwright.ledger.stream.ATTEMPTS", 5)
    mine, theirs = (Ledger(DirectoryStore(tmp_path), actor=Actor(name)) for name in ("me", "them@there"))
    overtake = overtaking(theirs)
    with pytest.raises(RaceLostError, match=r"model/delay#5: them@there decided first: noted at \d{4}-\d\d-\d\dT"):
        mine.stream("model/delay").decide(overtake)


def overtaking(theirs: Ledger) -> Callable[[tuple[Event, ...]], Draft]:
    def decision(events: tuple[Event, ...]) -> Draft:
        theirs.stream("model/delay").append("noted", {}, key=f"theirs/{len(events)}")
        return Draft("noted", {}, key="mine")

    return decision


class Overtaken(DirectoryStore):
    """A real store whose listing is as old as listings of a busy folder are: it lacks an event, or the newest ones."""

    def __init__(self, root: Path, *, lacks: str = "", meanwhile: Callable[[], object] = tuple) -> None:
        super().__init__(root)
        self.lacks = lacks
        self.meanwhile = meanwhile

    def keys(self, prefix: str = "") -> list[str]:
        listed = [key for key in super().keys(prefix) if not key.endswith(self.lacks or "nothing")]
        self.meanwhile()
        return listed


def test_an_event_that_a_listing_left_out_is_not_missing(tmp_path: Path) -> None:
    stream = Ledger(DirectoryStore(tmp_path)).stream("model/delay")
    for number in range(5):
        stream.append("noted", {}, key=str(number))
    busy = Overtaken(tmp_path, lacks="03.json")
    assert len(Ledger(busy).stream("model/delay").events()) == 5
    assert verify(busy) == ()


def test_verifying_while_others_write_finds_nothing(tmp_path: Path) -> None:
    stream = Ledger(DirectoryStore(tmp_path)).stream("model/delay")

    def forty_more() -> None:
        for _ in range(40):
            stream.append("noted", {}, key=str(len(stream.events())))

    forty_more()
    assert verify(Overtaken(tmp_path, meanwhile=forty_more)) == ()
    assert len(stream.events()) > 100
