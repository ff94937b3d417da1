"""The disk fills up at the worst moment: a clear message, nothing half-done, and once there is room it goes on."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.surroundings import destroy, largest_file, mw, state, within, works, write_project
from tests.waiting import eventually

SIZE = "3m"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small file system of its own, with a project that serves."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],
                             capture_output=True, text=True, check=False)  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    project = write_project(folder / "project")
    try:
        works("up", folder=project)
        works("train", "fit", "--promote", folder=project)
        yield project
    finally:
        destroy(project)
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def full(project: Path) -> Iterator[None]:
    """Leave not a byte for a while."""
    filling = project.parent / "filling"
    for piece in (1 << 16, 1 << 10, 1):
        with filling.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(piece)):
                    pass
            except OSError:
                continue
    try:
        yield
    finally:
        filling.unlink()


def unfinished(folder: Path) -> list[str]:
    """Return what is left of writing that failed."""
    return [path.name for path in state(folder).rglob("*") if path.name.startswith((".tmp-", ".up-"))]


def test_nothing_can_be_decided_on_a_full_disk_and_everything_after(disk: Path) -> None:
    before = within("ledger", "verify", "--json", folder=disk).result["heads"]
    with full(disk):
        said = mw("train", "fit", "--detach", folder=disk)
        assert said.status == 1
        assert "the disk is full" in said.err
        assert "/ledger/v1/training/fit/" in said.err
        assert "make room" in said.err
        for reading in (["status"], ["endpoint", "invoke", "--sample"], ["ledger", "verify"]):
            assert within(*reading, folder=disk).status == 0
        assert within("doctor", folder=disk).status == 1
        assert unfinished(disk) == []
    assert within("ledger", "verify", "--json", folder=disk).result["heads"] == before
    works("train", "fit", folder=disk)


def test_up_on_a_full_disk_changes_nothing_and_goes_on_when_there_is_room(disk: Path) -> None:
    file = disk / "project.py"
    file.write_text(file.read_text().replace("capture=1.0", "capture=0.9"))
    with full(disk):
        said = mw("up", folder=disk)
        assert said.status == 1
        assert "the disk is full" in said.err
        assert "run the same command again" in said.err
        assert within("preview", "--expect-no-changes", folder=disk).status == 7
        assert within("endpoint", "invoke", "--sample", folder=disk).status == 0
    assert unfinished(disk) == []
    works("up", folder=disk)
    assert within("preview", "--expect-no-changes", folder=disk).status == 0


def test_captures_wait_in_memory_for_room(disk: Path) -> None:
    with full(disk):
        before = len(captured(disk))
        for _ in range(3):
            assert within("endpoint", "invoke", "--sample", folder=disk).status == 0  # four rows each
        assert len(captured(disk)) == before
    eventually(lambda: len(captured(disk)) >= before + 12, within=120)
    assert len(set(captured(disk))) == len(captured(disk))


def captured(folder: Path) -> list[str]:
    """Return the ids of every captured row."""
    files = (state(folder) / "control/capture").rglob("*.jsonl.gz")
    return [json.loads(line)["id"] for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def test_training_that_fills_the_disk_fails_with_the_place_and_succeeds_when_there_is_room(disk: Path) -> None:
    said = mw("train", "large", folder=disk)
    assert said.status == 1
    assert "No space left on device" in said.err
    assert within("runs", "show", "large-1", "--json", folder=disk).result["state"] == "failed"
    assert unfinished(disk) == []
    subprocess.run(["mount", "-o", "remount,size=20m", str(disk.parent)], check=True)
    works("train", "large", folder=disk)


def test_where_no_file_can_grow_up_says_so_and_leaves_nothing_half_done(project: Path) -> None:
    said = mw("up", folder=project, before=largest_file(0))
    assert said.status == 1
    assert "larger than is allowed" in said.err
    assert "make room" in said.err
    assert unfinished(project) == []
    works("up", folder=project)
    assert within("preview", "--expect-no-changes", folder=project).status == 0


def test_where_no_file_can_grow_no_event_is_half_written(project: Path) -> None:
    works("up", folder=project)
    said = mw("train", "fit", "--detach", folder=project, before=largest_file(0))
    assert said.status == 1
    assert "/ledger/v1/training/fit/" in said.err
    assert unfinished(project) == []
    assert within("runs", "list", "--json", folder=project).result == []
    works("train", "fit", folder=project)
    assert within("ledger", "verify", folder=project).status == 0
