"""What every store promises, asked of the one in a directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.errors import UsageError
from modelwright.store import DirectoryStore, local_path, open_store

CREATE = """
import sys
from pathlib import Path
from modelwright.store import DirectoryStore
store = DirectoryStore(Path(sys.argv[1]))
print(*[number for number in range(60) if store.create(f"a/{number}", sys.argv[2].encode())])
"""
ROOTS = ["plain", "with space", "naïve-ß-数据", "line\nbreak", "per%20cent", "hash#mark", "question?mark", "'quote\""]


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def test_create_writes_once_and_says_so(store: DirectoryStore) -> None:
    assert store.create("a/b.json", b"first") is True
    assert store.create("a/b.json", b"second") is False
    assert store.get("a/b.json") == b"first"


def test_create_has_one_winner_per_key_among_processes(store: DirectoryStore) -> None:
    command = [sys.executable, "-c", CREATE, str(store.root)]
    running = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in "wxyz"]
    won = [process.communicate(timeout=60)[0].split() for process in running]
    assert sorted(int(number) for numbers in won for number in numbers) == list(range(60))
    for name, numbers in zip("wxyz", won, strict=True):
        assert all(store.get(f"a/{number}") == name.encode() for number in numbers)


def test_put_replaces(store: DirectoryStore) -> None:
    store.put("a", b"first")
    store.put("a", b"second")
    assert store.get("a") == b"second"


def test_get_of_nothing_is_none(store: DirectoryStore) -> None:
    store.put("a", b"")
    assert store.get("a") == b""
    assert store.get("b") is None
    assert store.get("a/below-a-file") is None


def test_delete_is_no_error_twice(store: DirectoryStore) -> None:
    store.put("a", b"x")
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None


def test_keys_are_sorted_complete_and_below_the_prefix(store: DirectoryStore) -> None:
    for key in ("b/2", "b/1", "a", "b/c/d", "bb/1"):
        store.put(key, b"")
    assert store.keys() == ["a", "b/1", "b/2", "b/c/d", "bb/1"]
    assert store.keys("b/") == ["b/1", "b/2", "b/c/d"]
    assert store.keys("nothing/") == []


def test_what_a_crash_left_is_no_key(store: DirectoryStore) -> None:
    store.put("a/b", b"x")
    (store.root / "a" / ".tmp-crashed").write_bytes(b"half")
    assert store.keys() == ["a/b"]
    assert store.create("a/c", b"y") is True


def test_writing_leaves_no_temporary_files(store: DirectoryStore) -> None:
    store.create("a/b", b"x")
    store.create("a/b", b"y")
    store.put("a/b", b"z")
    assert [path.name for path in (store.root / "a").iterdir()] == ["b"]


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a\0b"])
def test_a_key_that_could_leave_the_store_is_refused(store: DirectoryStore, key: str) -> None:
    for call in (store.get, store.delete, lambda k: store.put(k, b""), lambda k: store.create(k, b"")):
        with pytest.raises(UsageError, match="is not a key"):
            call(key)
    assert not store.root.exists()


@given(st.lists(st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_no_key_names_a_file_outside(parts: list[str]) -> None:
    store = DirectoryStore(Path("/srv/store"))
    try:
        path = store.path("/".join(parts))
    except UsageError:
        return
    assert path.is_relative_to(store.root)
    assert ".." not in path.parts


@pytest.mark.parametrize("name", ROOTS)
def test_any_folder_name_can_hold_a_store_and_its_address_leads_back(tmp_path: Path, name: str) -> None:
    store = DirectoryStore(tmp_path / name)
    store.create("a/b", b"x")
    assert open_store(store.uri).get("a/b") == b"x"
    assert local_path(store.uri) == tmp_path / name


def test_a_path_is_an_address_too(tmp_path: Path) -> None:
    open_store(str(tmp_path)).put("a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"


def test_an_address_elsewhere_is_refused() -> None:
    with pytest.raises(UsageError, match="is not on this machine"):
        open_store("s3://bucket/prefix")
