"""The environment's state folder: where its parts lie, files written whole, everything synced in one go."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from modelwright.contract.place import STATE
from modelwright.errors import UsageError

IGNORE = ".gitignore"
_SYNC_THREADS = 16
_UNFINISHED = ".up-"


class StateFolder:
    """`<project>/.modelwright/<environment>/`, and which of its files and folders are not on the disk yet."""

    def __init__(self, project_dir: Path, environment: str) -> None:
        self.project_dir = project_dir.absolute()
        self.top = self.project_dir / STATE
        self.root = self.top / environment
        self._unsynced: set[Path] = set()

    def path(self, relative: str) -> Path:
        """Return a path inside the folder. Raises `UsageError` for one that would leave it."""
        parts = relative.split("/")
        if not relative or any(part in {"", ".", ".."} for part in parts):
            raise UsageError(f"{relative!r} is not a path inside the state folder")
        return self.root.joinpath(*parts)

    def open(self) -> None:
        """Make the folder, hidden from git, without what killed commands left unfinished; with the lock held."""
        self.root.mkdir(parents=True, exist_ok=True)
        if not (self.top / IGNORE).exists():
            self.write(self.top / IGNORE, b"*\n")
        for folder in (self.top, self.root, self.root / "control", *self.root.glob("endpoints/*")):
            for left in folder.glob(f"{_UNFINISHED}*"):
                left.unlink(missing_ok=True)

    def make(self, path: Path) -> None:
        """Make a folder; no error when it is there."""
        missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
        path.mkdir(parents=True, exist_ok=True)
        self._unsynced.update(folder.parent for folder in missing)

    def write(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        """Write a whole file, atomically; it is safe from a power cut after `sync`."""
        with _unfinished(path) as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
        self._unsynced.update((path, path.parent))

    def write_durably(self, path: Path, data: bytes) -> None:
        """Write a whole file after everything written before it is on the disk, and return when it is there too."""
        self.sync()
        with _unfinished(path) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _sync(path.parent)

    def move(self, old: Path, new: Path) -> None:
        """Move a file or folder inside the state folder; no error when it was moved before."""
        if not old.exists() or new.exists():
            return
        self.make(new.parent)
        old.rename(new)
        self._unsynced.update((old.parent, new.parent))

    def remove(self, path: Path) -> None:
        """Remove a file, a link or a folder with all it holds; no error when it is gone."""
        if path.is_symlink() or path.is_file():
            path.unlink(missing_ok=True)
        elif path.is_dir():
            shutil.rmtree(path)
        self._unsynced.add(path.parent)

    def sync(self) -> None:
        """Bring everything written, made, moved and removed so far to the disk."""
        with ThreadPoolExecutor(_SYNC_THREADS) as pool:  # the file system commits concurrent requests together
            list(pool.map(_sync, _existing(self._unsynced)))
        self._unsynced.clear()


@contextmanager
def _unfinished(path: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of `path` when it is whole; one that cannot be written leaves nothing."""
    handle, temporary = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def _existing(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
