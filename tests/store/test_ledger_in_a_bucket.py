"""The ledger in a bucket: one chain however many processes append, and `verify` that names what was changed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping

import pytest
from tests.store.careless import Faults, careless
from tests.store.servers import Bucket

from modelwright.clock import SystemClock
from modelwright.ledger.event import Actor
from modelwright.ledger.heads import write_heads
from modelwright.ledger.snapshot import EVERY
from modelwright.ledger.stream import Ledger, event_key
from modelwright.ledger.verify import verify
from modelwright.store import Store, open_store

STREAM = "model/delay"
APPEND = """
import sys
from modelwright.ledger.event import Actor
from modelwright.ledger.stream import Ledger
from modelwright.store import open_store
_, address, name, count = sys.argv
stream = Ledger(open_store(address), actor=Actor(name)).stream("model/delay")
for number in range(int(count)):
    stream.append("noted", {"by": name, "number": number}, key=f"{name}/{number}")
    stream.append("shared", {"number": number}, key=f"shared/{number}")
"""


def append(address: str, name: str, count: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-c", APPEND, address, name, str(count)]
    return subprocess.Popen(argv, env={**os.environ, **environment})


def keys_of(store: Store) -> list[str]:
    return [event.key for event in Ledger(store).stream(STREAM).events()]


def filled(address: str, count: int) -> Store:
    store = open_store(address)
    stream = Ledger(store, actor=Actor("me")).stream(STREAM)
    for number in range(count):
        stream.append("noted", {"number": number}, key=str(number))
    return store


def test_four_processes_make_one_chain_with_each_event_exactly_once(address: str) -> None:
    running = [append(address, f"p{number}", 15, {}) for number in range(4)]
    assert [process.wait(120) for process in running] == [0] * 4
    store = open_store(address)
    own = {f"p{process}/{number}" for process in range(4) for number in range(15)}
    assert Counter(keys_of(store)) == Counter(own | {f"shared/{number}" for number in range(15)})
    assert verify(store) == ()


def test_a_snapshot_is_made_and_a_dropped_tail_is_named_by_the_heads(address: str) -> None:
    store = filled(address, EVERY + 3)
    assert store.get(f"ledger/v1/{STREAM}/snapshot.json") is not None
    assert len(keys_of(store)) == EVERY + 3
    write_heads(store, SystemClock())
    assert verify(store) == ()
    store.delete(event_key(STREAM, EVERY + 3))
    assert [(one.seq, one.kind) for one in verify(store)] == [(EVERY + 3, "tail")]


def test_a_flipped_byte_and_a_missing_middle_are_named(address: str) -> None:
    store = filled(address, 6)
    original = store.get(event_key(STREAM, 3)) or b""
    store.put(event_key(STREAM, 3), original.replace(b'"number":2', b'"number":7'))
    assert [(one.stream, one.seq) for one in verify(store)] == [(STREAM, 3)]
    store.put(event_key(STREAM, 3), original)
    assert verify(store) == ()
    store.delete(event_key(STREAM, 4))
    assert [(one.seq, one.kind) for one in verify(store)] == [(4, "missing")]


def test_an_append_through_a_failing_server_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Faults()
    with careless(faults) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        store = filled("s3://bucket/control", 2)
        stream = Ledger(store, actor=Actor("me")).stream(STREAM)
        stream.events()
        faults.answers, faults.after_writing = [500, 503, 500], True
        stream.append("noted", {}, key="late")
        stream.append("noted", {}, key="late")
        assert keys_of(store) == ["0", "1", "late"]
        assert verify(store) == ()


def test_a_writer_killed_in_the_middle_leaves_a_ledger_that_verifies(s3: Bucket) -> None:
    address = s3.below()
    running = append(address, "killed", 10_000, {})
    store = open_store(address)
    while len(store.keys("ledger/")) < 20:  # bounded by the test's own timeout: the writer never stops by itself
        assert running.poll() is None
    running.kill()
    running.wait(30)
    assert verify(store) == ()
    before = len(keys_of(store))
    filled(address, 2)
    assert keys_of(store)[before:] == ["0", "1"]
