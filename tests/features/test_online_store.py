from __future__ import annotations

import multiprocessing
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.features.planted import WEEK, view

from modelwright.adapters.local.driver.online import LocalOnline
from modelwright.contract.driver import OnlineRow
from modelwright.errors import DataError, IntegrityError, LockedError, NotFoundError, UsageError
from modelwright.workload import online as module
from modelwright.workload.online import FeatureRow, SqliteOnline, open_online

NOON = datetime(2013, 1, 2, 12, tzinfo=UTC)


def row(carrier: str, delay: float | None, at: datetime = NOON, created: datetime | None = None) -> FeatureRow:
    return FeatureRow({"carrier": carrier}, at, {"delay": delay, "flights": 3}, created)


@pytest.fixture
def store(tmp_path: Path) -> SqliteOnline:
    return SqliteOnline(tmp_path / "online/features.sqlite", [view(tmp_path)])


def delays(store: SqliteOnline, *carriers: str, now: datetime | None = None) -> list[float | None]:
    found = store.get("carrier", [{"carrier": carrier} for carrier in carriers], now=now)
    return [None if each is None else each.features["delay"] for each in found]


def test_before_anything_was_written_there_is_nothing_and_no_error(store: SqliteOnline) -> None:
    assert delays(store, "AA") == [None]
    assert (store.count("carrier"), store.freshness("carrier")) == (0, None)
    assert not store.path.exists()


def test_rows_come_back_in_the_order_of_the_keys(store: SqliteOnline) -> None:
    assert store.write("carrier", [row("AA", 1.0), row("UA", 2.0)]) == 2
    assert delays(store, "UA", "ZZ", "AA", "UA") == [2.0, None, 1.0, 2.0]
    assert store.get("carrier", [{"carrier": "AA"}]) == [
        FeatureRow({"carrier": "AA"}, NOON, {"delay": 1.0, "flights": 3})
    ]
    assert (store.count("carrier"), store.freshness("carrier")) == (2, NOON)


def test_the_newer_event_wins_whatever_the_order_of_arrival(store: SqliteOnline) -> None:
    store.write("carrier", [row("AA", 2.0, NOON)])
    assert store.write("carrier", [row("AA", 1.0, NOON - timedelta(microseconds=1))]) == 0
    assert delays(store, "AA") == [2.0]
    store.write("carrier", [row("AA", 3.0, NOON + timedelta(microseconds=1))])
    assert delays(store, "AA") == [3.0]


def test_among_equal_events_the_later_created_wins(store: SqliteOnline) -> None:
    store.write("carrier", [row("AA", 2.0, created=NOON + timedelta(hours=2))])
    store.write("carrier", [row("AA", 1.0, created=NOON + timedelta(hours=1))])
    assert delays(store, "AA") == [2.0]


def test_the_ttl_is_answered_at_the_read_and_is_inclusive(store: SqliteOnline) -> None:
    store.write("carrier", [row("AA", 1.0)])
    last = NOON + timedelta(seconds=WEEK)
    assert delays(store, "AA", now=last) == [1.0]
    assert delays(store, "AA", now=last + timedelta(microseconds=1)) == [None]
    assert delays(store, "AA", "UA", now=last + timedelta(microseconds=1)) == [None, None]


def test_deleted_keys_are_gone(store: SqliteOnline) -> None:
    store.write("carrier", [row("AA", 1.0), row("UA", 2.0)])
    assert store.delete("carrier", [{"carrier": "AA"}, {"carrier": "ZZ"}]) == 1
    assert delays(store, "AA", "UA") == [None, 2.0]


def test_keys_of_several_columns_and_all_types_come_back_as_written(tmp_path: Path) -> None:
    types = {"when": "timestamp", "on": "bool", "word": "string", "share": "float64"}
    wide = SqliteOnline(tmp_path / "o.sqlite", [view(tmp_path, entity=["carrier", "day"], features=types)])
    written = FeatureRow(
        {"carrier": "AA", "day": 3}, NOON, {"when": NOON, "on": True, "word": "ä'\"", "share": float("nan")}
    )
    wide.write("carrier", [written])
    found = wide.get("carrier", [{"day": 3, "carrier": "AA"}, {"day": 4, "carrier": "AA"}])
    assert found == [FeatureRow(written.keys, NOON, {**written.features, "share": None}), None]


def test_a_reader_sees_a_file_that_was_deleted_and_made_again(tmp_path: Path, store: SqliteOnline) -> None:
    store.write("carrier", [row("AA", 1.0)])
    for file in store.path.parent.iterdir():
        file.unlink()
    SqliteOnline(store.path, [view(tmp_path)]).write("carrier", [row("AA", 5.0)])
    deadline = time.monotonic() + 10
    while delays(store, "AA") != [5.0] and time.monotonic() < deadline:
        pass
    assert delays(store, "AA") == [5.0]


def write_many(path: Path, folder: Path, rounds: int) -> None:
    writer = SqliteOnline(path, [view(folder)])
    for number in range(rounds):
        at = NOON + timedelta(seconds=number)
        writer.write("carrier", [FeatureRow({"carrier": f"c{i}"}, at, {"delay": float(number)}) for i in range(50)])


def test_readers_see_whole_transactions_while_two_processes_write(store: SqliteOnline, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(store.path, tmp_path, 40)) for _ in range(2)]
    for writer in writers:
        writer.start()
    seen, names = [-1.0], [f"c{i}" for i in range(50)]
    while any(writer.is_alive() for writer in writers):
        values = set(delays(store, *names))
        assert len(values) == 1
        seen.append(next(iter(values)) or 0.0)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen == sorted(seen)
    assert set(delays(store, *names)) == {39.0}


def test_a_single_read_takes_microseconds(store: SqliteOnline) -> None:
    store.write("carrier", [row(f"c{i}", float(i)) for i in range(10_000)])
    taken = []
    for number in range(2_000):
        start = time.perf_counter()
        store.get("carrier", [{"carrier": f"c{number}"}], now=NOON)
        taken.append(time.perf_counter() - start)
    # The target is 20 µs; the limit leaves room for neighbours on the test machine.
    assert sorted(taken)[len(taken) // 2] < 60e-6


def test_a_file_that_is_no_database_is_named_with_the_remedy(store: SqliteOnline) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(b"not a database" * 1000)
    with pytest.raises(IntegrityError, match="delete the file and materialise again"):
        delays(store, "AA")


def test_a_writer_that_never_ends_is_reported(store: SqliteOnline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAIT_SECONDS", 0.05)
    store.write("carrier", [row("AA", 1.0)])
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LockedError, match="another process has been writing"):
        store.write("carrier", [row("AA", 2.0, NOON + timedelta(hours=1))])
    assert delays(store, "AA") == [1.0]
    other.execute("ROLLBACK")
    other.close()


def test_wrong_rows_are_refused_and_nothing_is_written(store: SqliteOnline) -> None:
    with pytest.raises(DataError, match=r"no feature 'delai'.*\n.*did you mean 'delay'"):
        store.write("carrier", [row("AA", 1.0), FeatureRow({"carrier": "UA"}, NOON, {"delai": 1.0})])
    with pytest.raises(DataError, match="has no time zone"):
        store.write("carrier", [row("AA", 1.0, NOON.replace(tzinfo=None))])
    with pytest.raises(DataError, match="needs the key 'carrier'"):
        store.get("carrier", [{"tail": "N1"}])
    with pytest.raises(NotFoundError, match="no feature view 'fleet'"):
        store.count("fleet")
    assert store.count("carrier") == 0


def test_an_unknown_kind_of_store_is_refused() -> None:
    with pytest.raises(UsageError, match="'redis' is not built in"):
        open_online({"kind": "redis"}, [])


def test_the_local_driver_speaks_the_contract(tmp_path: Path) -> None:
    driver = LocalOnline(tmp_path / "o.sqlite", [view(tmp_path)])
    written = OnlineRow({"carrier": "AA"}, NOON, {"delay": 1.0, "flights": 3})
    assert driver.write("carrier", [written]) == 1
    assert driver.get("carrier", [{"carrier": "AA"}, {"carrier": "ZZ"}]) == [written, None]
    assert (driver.count("carrier"), driver.freshness("carrier")) == (1, NOON)
    assert driver.delete("carrier", [{"carrier": "AA"}]) == 1
