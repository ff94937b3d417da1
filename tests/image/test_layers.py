"""Layers are the same bytes for the same files, hold no trace of who made them, and bound the memory they need."""

from __future__ import annotations

import gzip
import hashlib
import os
import resource
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.image.bases import LINUX, small_base

from modelwright.errors import IntegrityError, ModelwrightError, UsageError
from modelwright.image.blobs import BlobFolder, Descriptor
from modelwright.image.build import put_together
from modelwright.image.delivery import write_layout
from modelwright.image.layers import Entry, Layer, write_layer
from modelwright.image.layout import open_layout


def test_a_layer_has_names_in_order_and_no_times_owners_or_umask(tmp_path: Path) -> None:
    program = tmp_path / "run"
    program.write_bytes(b"#!/bin/sh\n")
    program.chmod(0o6711)
    entries = [
        Entry.of_file("b/run", program),
        Entry.of_bytes("b-a", b"2"),
        Entry.of_bytes("a/deep/file", b"1"),
        Entry("b/link", link="../a"),
        Entry.of_bytes("x" * 90 + "/" + "ü" * 90, b"long"),
    ]
    blobs = BlobFolder(tmp_path)
    layer = write_layer("planted", entries, blobs)

    data = blobs.path(layer.blob.digest).read_bytes()
    assert "sha256:" + hashlib.sha256(data).hexdigest() == layer.blob.digest
    assert "sha256:" + hashlib.sha256(gzip.decompress(data)).hexdigest() == layer.diff_id
    assert data[4:8] == bytes(4)  # gzip's own time
    with tarfile.open(blobs.path(layer.blob.digest)) as tar:
        members = tar.getmembers()
    assert [one.name for one in members][:7] == ["a", "a/deep", "a/deep/file", "b", "b/link", "b/run", "b-a"]
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in members} == {(0, 0, "", "", 315532800)}
    modes = {one.name: one.mode for one in members}
    assert (modes["b"], modes["b/run"], modes["a/deep/file"]) == (0o755, 0o755, 0o644)


def test_the_order_in_which_files_are_given_does_not_matter(tmp_path: Path) -> None:
    entries = [Entry.of_bytes(f"folder/{number}", bytes([number])) for number in range(50)]
    blobs = BlobFolder(tmp_path)
    assert write_layer("a", entries, blobs).blob == write_layer("b", reversed(entries), blobs).blob


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", "a/../../out", "", "a/.wh.b", ".wh..wh..opq", "a\0b"])
def test_a_path_that_leads_out_or_deletes_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(UsageError):
        write_layer("planted", [Entry.of_bytes(path, b"")], BlobFolder(tmp_path))
    assert list((tmp_path / "sha256").iterdir()) == []


@pytest.mark.parametrize("paths", [("a", "a"), ("a", "a/b"), ("a/b", "a")])
def test_a_path_that_is_given_twice_is_refused(tmp_path: Path, paths: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="given twice"):
        write_layer("planted", [Entry.of_bytes(path, b"") for path in paths], BlobFolder(tmp_path))


@pytest.mark.parametrize(("before", "after"), [(b"long", b"l"), (b"l", b"long")])
def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path, before: bytes, after: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(before)
    entry = Entry.of_file("file", file)
    file.write_bytes(after)
    with pytest.raises(IntegrityError, match="while it was read"):
        write_layer("planted", [entry], BlobFolder(tmp_path / "blobs"))


def test_a_large_file_needs_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    try:
        write_layer("large", [Entry.of_file("large", tmp_path / "large")], BlobFolder(tmp_path / "blobs"))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_blob_that_is_written_twice_at_once_is_whole(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    data = os.urandom(1000)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    one = Descriptor("application/octet-stream", digest, len(data))

    def meanwhile() -> Iterator[bytes]:
        yield data[:500]
        blobs.add(iter([data]), one, "another build")
        yield data[500:]

    blobs.add(meanwhile(), one, "this build")
    assert blobs.verified(one)
    assert [path.name for path in (tmp_path / "sha256").iterdir()] == [digest.removeprefix("sha256:")]


FILL = """
import sys
from pathlib import Path
from modelwright.image.blobs import BlobFolder
from modelwright.image.layers import Entry, write_layer
write_layer("large", [Entry.of_file("large", Path(sys.argv[1]))], BlobFolder(Path(sys.argv[2])))
"""


def test_a_file_that_may_not_grow_leaves_nothing_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(os.urandom(2 << 20))
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path / "large"), str(tmp_path / "blobs")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),  # no threads
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "the disk is full" in done.stderr
    assert list((tmp_path / "blobs/sha256").iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
                             capture_output=True, text=True, check=False)  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_layout_on_a_full_disk_lists_no_half_image_and_is_finished_once_there_is_room(
    tmp_path: Path, small_disk: Path
) -> None:
    layout, base = small_base(tmp_path)
    own = BlobFolder(tmp_path / "own")
    layer: Layer = write_layer("project", [Entry.of_bytes("large", os.urandom(900_000))], own)
    built = put_together(base, [layer], platform=LINUX, env={}, labels={})
    filling = small_disk / "filling"
    filling.write_bytes(bytes(400_000))

    to = small_disk / "layout"
    with pytest.raises(ModelwrightError, match="the disk is full") as caught:
        write_layout(built, own, layout, open_layout(to))
    assert caught.value.where.startswith(str(to))
    assert not (to / "index.json").exists()
    assert not [path for path in to.rglob("*") if path.name.startswith(".tmp-")]

    filling.unlink()
    sent = write_layout(built, own, layout, open_layout(to))
    assert sent.digest == built.digest
    assert sent.how[base.image.layers[0].digest] == "there"
