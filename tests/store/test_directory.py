"""What only a store in a directory promises: what a crash leaves, keys that stay inside, any folder's name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.errors import UsageError
from modelwright.store import DirectoryStore, local_path, open_store

ROOTS = ["plain", "with space", "naïve-ß-数据", "line\nbreak", "per%20cent", "hash#mark", "question?mark", "'quote\""]


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


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
        open_store("ftp://bucket/prefix")
