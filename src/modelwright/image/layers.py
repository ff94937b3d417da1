"""Layers: a tar file compressed by gzip that is the same bytes for the same files, whoever makes it, wherever and when.

Names are sorted; times, owners and permissions are fixed, and only whether a file is executable is kept. The compressed
bytes depend on the zlib in use: the uncompressed ones, which `diff_id` names, do not.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from modelwright.errors import IntegrityError, UsageError
from modelwright.image.blobs import BlobFolder, Descriptor, Hashing

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EPOCH = 315532800
"""Seconds: 1980-01-01, the earliest time that a zip file can hold, and some tools zip what they find."""
_LEVEL = 6
_FILE, _PROGRAM, _FOLDER = 0o644, 0o755, 0o755


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a layer: its path from the root, how to open it, its size in bytes, or where a link points."""

    path: str
    size: int = 0
    open: Callable[[], AbstractContextManager[IO[bytes]]] | None = None
    executable: bool = False
    link: str = ""

    @classmethod
    def of_bytes(cls, path: str, data: bytes, *, executable: bool = False) -> Entry:
        """Return an entry with these bytes."""
        return cls(path, len(data), lambda: io.BytesIO(data), executable)

    @classmethod
    def of_file(cls, path: str, file: Path) -> Entry:
        """Return an entry with what a file holds; it is executable where the file is."""
        state = file.stat()
        return cls(path, state.st_size, lambda: file.open("rb"), bool(state.st_mode & 0o100))


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: what it is called, its blob, and the digest of the tar file in it."""

    title: str
    blob: Descriptor
    diff_id: str


def write_layer(title: str, entries: Iterable[Entry], blobs: BlobFolder) -> Layer:
    """Write a layer and return it. Raises `UsageError` for a path that is given twice or leads out of the image."""
    ordered = sorted(entries, key=lambda entry: PurePosixPath(entry.path).parts)
    with blobs.adding() as (file, path):
        compressed = Hashing(file)
        # GzipFile writes to anything that has `write`; typeshed wants a whole file.
        with gzip.GzipFile("", "wb", _LEVEL, cast("IO[bytes]", compressed), mtime=0) as packed:
            plain = Hashing(cast("IO[bytes]", packed))
            # In stream mode a tar file is written front to back, to anything that has `write`.
            with tarfile.open(fileobj=cast("IO[bytes]", plain), mode="w|", format=tarfile.PAX_FORMAT) as tar:
                _write(tar, ordered, title)
        file.flush()
        blobs.keep(path, compressed.digest)
    return Layer(title, Descriptor(LAYER, compressed.digest, compressed.size), plain.digest)


def _write(tar: tarfile.TarFile, entries: Iterable[Entry], title: str) -> None:
    folders: set[str] = set()
    files: set[str] = set()
    for entry in entries:
        path = checked_path(entry.path, title)
        above = [parent.as_posix() for parent in reversed(path.parents) if parent.as_posix() != "."]
        if path.as_posix() in files or path.as_posix() in folders or not files.isdisjoint(above):
            raise UsageError(f"{path} is given twice", where=f"layer {title}")
        for folder in above:
            if folder not in folders:
                folders.add(folder)
                tar.addfile(_folder(folder))
        files.add(path.as_posix())
        _add(tar, entry, path.as_posix())


def _add(tar: tarfile.TarFile, entry: Entry, path: str) -> None:
    info = _info(path, _PROGRAM if entry.executable else _FILE)
    if entry.link:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
        tar.addfile(info)
    elif entry.open is not None:
        info.size = entry.size
        with entry.open() as file:
            _add_whole(tar, info, file)


def _add_whole(tar: tarfile.TarFile, info: tarfile.TarInfo, file: IO[bytes]) -> None:
    """Write a file that must have the size that was announced: it may change while it is read."""
    try:
        tar.addfile(info, file)
    except OSError as error:
        if error.errno is not None:
            raise
        raise IntegrityError("became shorter while it was read", where=info.name, remedy="build again") from error
    if file.read(1):
        raise IntegrityError("became longer while it was read", where=info.name, remedy="build again")


def _folder(path: str) -> tarfile.TarInfo:
    info = _info(path, _FOLDER)
    info.type = tarfile.DIRTYPE
    return info


def _info(path: str, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.mode, info.mtime = mode, EPOCH
    return info  # owner and group are 0 and have no name, as TarInfo begins


def checked_path(text: str, where: str) -> PurePosixPath:
    """Return a path relative to the image's root. Raises `UsageError` for one that leads out of it."""
    path = PurePosixPath(text)
    if not text or path.is_absolute() or ".." in path.parts or "\0" in text or not path.parts:
        raise UsageError(f"{text!r} leads out of the image", where=where)
    if path.name.startswith(".wh."):
        raise UsageError(f"{text!r} would delete a file of the image below", where=where, remedy="rename the file")
    return path
