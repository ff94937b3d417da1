"""Tampering and loss are named: which file, what differs."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelwright.canonical import digest
from modelwright.clock import ReplayClock
from modelwright.errors import IntegrityError
from modelwright.ledger.heads import heads, write_heads
from modelwright.ledger.stream import Ledger
from modelwright.ledger.verify import Finding, verify
from modelwright.store import DirectoryStore

STREAM = "endpoint/api"


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "control")


@pytest.fixture
def clock(tmp_path: Path) -> ReplayClock:
    return ReplayClock(tmp_path / "clock", datetime(2013, 3, 1, tzinfo=UTC))


def fill(store: DirectoryStore, count: int) -> None:
    stream = Ledger(store).stream(STREAM)
    for number in range(1, count + 1):
        stream.append("noted", {"number": number}, key=f"n/{number}")


def key(seq: int) -> str:
    return f"ledger/v1/{STREAM}/{seq:012d}.json"


def found(store: DirectoryStore) -> list[tuple[str, int, str]]:
    return [(finding.stream, finding.seq, finding.kind) for finding in verify(store)]


def test_a_sound_ledger_has_no_findings(store: DirectoryStore, clock: ReplayClock) -> None:
    fill(store, 70)
    write_heads(store, clock)
    assert verify(store) == ()
    assert verify(DirectoryStore(store.root / "empty")) == ()


def test_any_flipped_byte_anywhere_is_named(store: DirectoryStore, clock: ReplayClock) -> None:
    fill(store, 6)
    write_heads(store, clock)
    dice = random.Random(1)
    for _ in range(150):
        seq = dice.randrange(1, 7)
        path = store.path(key(seq))
        sound = path.read_bytes()
        place, flip = dice.randrange(len(sound)), dice.randrange(1, 256)
        path.write_bytes(sound[:place] + bytes([sound[place] ^ flip]) + sound[place + 1 :])
        findings = verify(store)
        assert {(finding.stream, finding.seq) for finding in findings} == {(STREAM, seq)}, (seq, place, flip)
        assert all(key(seq) in finding.message for finding in findings)
        path.write_bytes(sound)


def test_with_a_snapshot_the_very_byte_is_named(store: DirectoryStore) -> None:
    fill(store, 64)
    path = store.path(key(9))
    sound = path.read_bytes()
    place = sound.index(b'"number":9') + len('"number":')
    path.write_bytes(sound[:place] + b"8" + sound[place + 1 :])
    (finding,) = verify(store)
    assert (finding.seq, finding.kind) == (9, "altered")
    assert f"byte {place}: found b'8', expected b'9'" in finding.message


def test_a_dropped_middle_is_named(store: DirectoryStore) -> None:
    fill(store, 6)
    store.delete(key(3))
    store.delete(key(4))
    (finding,) = verify(store)
    assert finding == Finding(STREAM, 3, "missing", f"{key(3)} and all up to 4 are missing from the middle")


def test_a_dropped_tail_is_named_by_the_heads(store: DirectoryStore, clock: ReplayClock) -> None:
    fill(store, 6)
    write_heads(store, clock)
    store.delete(key(6))
    (finding,) = verify(store)
    assert str(finding) == f"{STREAM}#6: {key(6)} is missing from the end; known from heads/2013-03-01.json"


def test_a_dropped_tail_is_named_by_the_snapshot(store: DirectoryStore) -> None:
    fill(store, 64)
    for seq in (63, 64):
        store.delete(key(seq))
    assert found(store) == [(STREAM, 63, "tail")]


def test_a_stream_that_is_gone_is_named(store: DirectoryStore, clock: ReplayClock) -> None:
    fill(store, 2)
    write_heads(store, clock)
    for seq in (1, 2):
        store.delete(key(seq))
    assert found(store) == [(STREAM, 1, "tail")]


def test_a_rewritten_chain_is_named_by_the_heads(store: DirectoryStore, clock: ReplayClock, tmp_path: Path) -> None:
    fill(store, 5)
    write_heads(store, clock)
    forged = DirectoryStore(tmp_path / "forged")
    fill(forged, 5)
    for seq in range(1, 6):
        store.put(key(seq), forged.get(key(seq)) or b"")
    assert found(store) == [(STREAM, 5, "altered")]


def test_of_two_events_that_do_not_fit_the_one_without_a_witness_is_named(store: DirectoryStore) -> None:
    fill(store, 65)
    document = json.loads(store.get(key(65)) or b"")
    document["prev"] = document["prev"][:-1] + ("0" if document["prev"][-1] != "0" else "1")
    store.put(key(65), json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    assert found(store) == [(STREAM, 65, "chain")]


def test_a_changed_prev_is_named_where_it_stands(store: DirectoryStore) -> None:
    fill(store, 6)
    document = json.loads(store.get(key(3)) or b"")
    document["prev"] = document["prev"][:-1] + ("0" if document["prev"][-1] != "0" else "1")
    store.put(key(3), json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    assert found(store) == [(STREAM, 3, "chain")]


def test_swapped_events_are_both_named(store: DirectoryStore) -> None:
    fill(store, 6)
    two, four = store.get(key(2)) or b"", store.get(key(4)) or b""
    store.put(key(2), four)
    store.put(key(4), two)
    assert found(store) == [(STREAM, 2, "altered"), (STREAM, 4, "altered")]


def test_an_edit_that_rehashes_only_itself_is_named(store: DirectoryStore) -> None:
    fill(store, 6)
    document = json.loads(store.get(key(4)) or b"")
    document["reason"] = "it was always so"
    store.put(key(4), json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    assert found(store) == [(STREAM, 4, "chain")]


def test_a_file_that_is_no_event_is_named(store: DirectoryStore) -> None:
    fill(store, 1)
    store.put(f"ledger/v1/{STREAM}/notes.txt", b"hello")
    assert found(store) == [(STREAM, 0, "foreign")]


def test_a_corrupt_snapshot_is_no_finding(store: DirectoryStore) -> None:
    fill(store, 64)
    store.put(f"ledger/v1/{STREAM}/snapshot.json", b"{")
    assert verify(store) == ()


def test_heads_are_those_of_all_streams(store: DirectoryStore) -> None:
    fill(store, 3)
    Ledger(store).stream("model/delay").append("noted", {}, key="a")
    assert {name: (head.seq, head.digest) for name, head in heads(store).items()} == {
        STREAM: (3, digest(store.get(key(3)) or b"")),
        "model/delay": (1, digest(store.get("ledger/v1/model/delay/000000000001.json") or b"")),
    }


def test_heads_of_each_day_are_chained(store: DirectoryStore, clock: ReplayClock) -> None:
    for day in (1, 2, 3):
        clock.advance_to(datetime(2013, 3, day, 8, tzinfo=UTC))
        fill(store, day)
        write_heads(store, clock)
    assert store.keys("heads/") == [f"heads/2013-03-0{day}.json" for day in (1, 2, 3)]
    second = json.loads(store.get("heads/2013-03-02.json") or b"")
    assert second["prev"] == digest(store.get("heads/2013-03-01.json") or b"")
    assert second["streams"][STREAM]["seq"] == 2
    assert verify(store) == ()
    store.delete("heads/2013-03-02.json")
    assert found(store) == [("heads", 0, "heads")]


def test_heads_of_one_day_follow_the_day(store: DirectoryStore, clock: ReplayClock) -> None:
    fill(store, 1)
    write_heads(store, clock)
    fill(store, 2)
    write_heads(store, clock)
    assert json.loads(store.get("heads/2013-03-01.json") or b"")["streams"][STREAM]["seq"] == 2
    assert verify(store) == ()


def test_a_lost_tail_is_never_papered_over_by_new_heads(store: DirectoryStore, clock: ReplayClock) -> None:
    fill(store, 3)
    write_heads(store, clock)
    store.delete(key(3))
    before = store.get("heads/2013-03-01.json")
    with pytest.raises(IntegrityError, match=r"endpoint/api#3 is missing"):
        write_heads(store, clock)
    assert store.get("heads/2013-03-01.json") == before


def test_a_corrupt_heads_file_is_named(store: DirectoryStore, clock: ReplayClock) -> None:
    fill(store, 1)
    write_heads(store, clock)
    store.put("heads/2013-03-01.json", b"[]")
    assert found(store) == [("heads", 0, "heads")]


def test_before_the_first_event_no_heads_are_written(store: DirectoryStore, clock: ReplayClock) -> None:
    write_heads(store, clock)
    assert store.keys("heads/") == []
