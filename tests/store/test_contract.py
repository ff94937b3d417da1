"""What every store promises, asked of one in a directory, in an S3 bucket and in an Azure container."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from modelwright.errors import UsageError
from modelwright.store import Store, open_store

CREATE = """
import sys
from modelwright.store import open_store
store = open_store(sys.argv[1])
print(*[number for number in range(40) if store.create(f"a/{number}", sys.argv[2].encode())])
"""
ODD_KEYS = [
    *["a%", "#", "?", "+", ":", ";", "{}", "[]", "^", "|", "<>", "*", ",", "@", "$", "&", "~", "!", "=", "()"],
    *["with space", "naïve-ß-数据", "per%20cent", "'quote\"", "line\nbreak", "ta\tb", ".hidden", "zero\u200bwidth"],
    *["e\u0301", "\u00e9", "a" * 200],
]


@pytest.fixture
def store(address: str) -> Store:
    return open_store(address)


def test_create_writes_once_and_says_so(store: Store) -> None:
    assert store.create("a/b.json", b"first") is True
    assert store.create("a/b.json", b"second") is False
    assert store.get("a/b.json") == b"first"
    assert store.create("a/b.json", b"first") is False


def test_create_has_one_winner_per_key_among_processes(store: Store, address: str) -> None:
    command = [sys.executable, "-c", CREATE, address]
    running = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in "wxyz"]
    won = [process.communicate(timeout=120)[0].split() for process in running]
    assert sorted(int(number) for numbers in won for number in numbers) == list(range(40))
    for name, numbers in zip("wxyz", won, strict=True):
        assert all(store.get(f"a/{number}") == name.encode() for number in numbers)


def test_create_has_one_winner_per_key_among_threads(store: Store) -> None:
    for key in ("a", "b", "c"):
        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(lambda number, key=key: store.create(key, b"%d" % number), range(16)))
        assert won.count(True) == 1
        assert store.get(key) == b"%d" % won.index(True)


def test_put_replaces_and_is_read_at_once(store: Store) -> None:
    for number in range(5):
        store.put("a", b"%d" % number)
        assert store.get("a") == b"%d" % number


def test_put_replaces_what_was_created(store: Store) -> None:
    assert store.create("a", b"first")
    store.put("a", b"second")
    assert store.create("a", b"third") is False
    assert store.get("a") == b"second"


def test_get_of_nothing_is_none(store: Store) -> None:
    store.put("a", b"")
    assert store.get("a") == b""
    assert store.get("b") is None
    assert store.get("a/below-an-object") is None


def test_a_deleted_name_is_free_again_and_deleting_twice_is_no_error(store: Store) -> None:
    store.put("a/b", b"x")
    store.delete("a/b")
    store.delete("a/b")
    assert store.get("a/b") is None
    assert store.keys() == []
    assert store.create("a/b", b"y") is True


def test_keys_are_sorted_complete_and_below_the_prefix(store: Store) -> None:
    for key in ("b/2", "b/1", "a", "b/c/d", "bb/1"):
        store.put(key, b"")
    assert store.keys() == ["a", "b/1", "b/2", "b/c/d", "bb/1"]
    assert store.keys("b/") == ["b/1", "b/2", "b/c/d"]
    assert store.keys("nothing/") == []


def test_sizes_are_those_of_the_bytes(store: Store) -> None:
    store.put("a/empty", b"")
    store.put("a/some", b"12345")
    store.put("b", b"1")
    assert store.sizes("a/") == [("a/empty", 0), ("a/some", 5)]
    assert store.sizes() == [("a/empty", 0), ("a/some", 5), ("b", 1)]


def test_a_listing_of_several_pages_is_whole(store: Store) -> None:
    expected = [f"many/{number:05}" for number in range(1_050)]  # S3 lists a thousand at a time
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put(key, b"x"), expected))
    assert store.keys("many/") == expected


def test_large_objects_come_back_as_they_were(store: Store) -> None:
    content = bytes(range(256)) * (12 << 12)  # 12 MiB: more than one part of an upload
    store.put("large", content)
    assert store.get("large") == content
    assert store.create("created", content) is True
    assert store.get("created") == content
    assert store.create("created", b"x") is False


def test_any_printable_name_and_more_is_a_key(store: Store) -> None:
    expected = {f"odd/{part}/file": part.encode() for part in ODD_KEYS}
    for key, data in expected.items():
        assert store.create(key, data) is True
    assert {key: store.get(key) for key in expected} == expected
    assert store.keys("odd/") == sorted(expected)
    for key in expected:
        assert store.create(key, b"again") is False
        store.delete(key)
    assert store.keys() == []


def test_the_address_leads_back_and_into_folders(store: Store) -> None:
    store.create("runs/run-1/result.json", b"x")
    assert open_store(store.uri).get("runs/run-1/result.json") == b"x"
    assert open_store(f"{store.uri}/runs/run-1").get("result.json") == b"x"
    assert open_store(f"{store.uri}/runs/").keys() == ["run-1/result.json"]


def test_stores_below_different_prefixes_do_not_see_each_other(store: Store) -> None:
    inner, other = open_store(f"{store.uri}/one"), open_store(f"{store.uri}/on")
    inner.put("a", b"inner")
    assert other.get("a") is None
    assert other.keys() == []
    assert other.create("a", b"other") is True
    assert inner.get("a") == b"inner"


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a\0b"])
def test_a_key_that_could_leave_the_store_is_refused(store: Store, key: str) -> None:
    for call in (store.get, store.delete, lambda k: store.put(k, b""), lambda k: store.create(k, b"")):
        with pytest.raises(UsageError, match="is not a key"):
            call(key)
    assert store.keys() == []
