"""Blobs: bytes that are named by their digest, and the folder that keeps them."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from modelwright.errors import IntegrityError, ModelwrightError, NotFoundError, UsageError

PIECE = 1 << 20
"""Bytes that are held at once, however large a blob is."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def digest_of(data: bytes) -> str:
    """Return the digest of bytes as images spell it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def check_digest(text: object, where: str) -> str:
    """Return a digest that is spelled right. Raises `IntegrityError`: other algorithms than sha256 are not read."""
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise IntegrityError(f"{text!r} is no sha256 digest", where=where)
    return text


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of a blob. `size` is in bytes; `platform` stands in an index only."""

    media_type: str
    digest: str
    size: int
    platform: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any], where: str) -> Descriptor:
        """Read a descriptor. Raises `IntegrityError` for one that lacks a part or has one of another kind."""
        media_type, size = document.get("mediaType"), document.get("size")
        if not isinstance(media_type, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise IntegrityError("a descriptor lacks its media type or its size", where=where)
        digest = check_digest(document.get("digest"), where)
        return cls(media_type, digest, size, document.get("platform") or {}, document.get("annotations") or {})

    def to_json(self) -> dict[str, Any]:
        """Return the descriptor as a manifest holds it."""
        named: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        more = {"platform": dict(self.platform), "annotations": dict(self.annotations)}
        return {**named, **{name: value for name, value in more.items() if value}}


class Hashing:
    """A stream that counts and hashes what is written through it."""

    def __init__(self, below: IO[bytes] | None = None) -> None:
        self._below = below
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Write bytes."""
        self._hash.update(data)
        self.size += len(data)
        if self._below is not None:
            self._below.write(data)
        return len(data)

    @property
    def digest(self) -> str:
        """The digest of what was written."""
        return f"sha256:{self._hash.hexdigest()}"


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield a stream piece by piece."""
    while data := stream.read(PIECE):
        yield data


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Turn what a disk answers into an error that names the folder and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ModelwrightError(
                "the disk is full, and the image is not whole", where=str(folder), remedy="make room and run it again"
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
            raise UsageError(
                f"cannot be written: {error.strerror}", where=str(folder), remedy="name another folder"
            ) from error
        raise


class BlobFolder:
    """Keeps blobs under `sha256/<hex>`; one appears whole or not at all, also when two builds write it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = str(folder)

    def path(self, digest: str) -> Path:
        """Return where a blob lies, whether it is there or not."""
        return self.folder / "sha256" / check_digest(digest, str(self.folder)).removeprefix("sha256:")

    def has(self, blob: Descriptor) -> bool:
        """Return whether the blob is there, with its size; `open` proves its bytes."""
        path = self.path(blob.digest)
        return path.is_file() and path.stat().st_size == blob.size

    @contextmanager
    def adding(self) -> Iterator[tuple[IO[bytes], Path]]:
        """Give a new file and its path; `keep` makes it a blob. It is gone when it was not kept."""
        place = self.folder / "sha256"
        with room_in(self.folder):
            place.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".tmp-", dir=place)
            path = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    yield file, path
            finally:
                path.unlink(missing_ok=True)

    def keep(self, path: Path, digest: str) -> Path:
        """Name a written file by its digest."""
        path.chmod(0o644)
        return path.replace(self.path(digest))

    def add(self, source: Iterator[bytes], expected: Descriptor, where: str) -> Path:
        """Keep a blob. Raises `IntegrityError` when its bytes are not what the descriptor says."""
        with self.adding() as (file, path):
            sink = Hashing(file)
            for data in source:
                sink.write(data)
                if sink.size > expected.size:
                    break
            file.flush()
            check_bytes(sink, expected, where)
            return self.keep(path, expected.digest)

    def add_bytes(self, data: bytes, media_type: str, **more: Mapping[str, str]) -> Descriptor:
        """Keep bytes and return their descriptor."""
        blob = Descriptor(media_type, digest_of(data), len(data), **more)
        self.add(iter([data]), blob, "bytes")
        return blob

    @contextmanager
    def open(self, blob: Descriptor) -> Iterator[IO[bytes]]:
        """Open a blob for reading. Raises `NotFoundError` for one that is not there."""
        try:
            file = self.path(blob.digest).open("rb")
        except FileNotFoundError as error:
            raise NotFoundError(f"no blob {blob.digest}", where=str(self.folder)) from error
        with file:
            yield file

    @contextmanager
    def reading(self, blob: Descriptor) -> Iterator[Iterator[bytes]]:
        """Give a blob's bytes in pieces. Raises `NotFoundError` for one that is not there."""
        with self.open(blob) as file:
            yield pieces(file)

    def verified(self, blob: Descriptor) -> bool:
        """Return whether the blob is there and its bytes are what its digest says."""
        if not self.has(blob):
            return False
        sink = Hashing()
        with self.open(blob) as file:
            for data in pieces(file):
                sink.write(data)
        return sink.digest == blob.digest


def check_bytes(found: Hashing, expected: Descriptor, where: str) -> None:
    """Raise `IntegrityError` when bytes are not what a descriptor says."""
    if found.size < expected.size:
        raise IntegrityError(
            f"{expected.digest} ends after {found.size:,} of {expected.size:,} bytes", where=where, remedy=_AGAIN
        )
    if found.size != expected.size or found.digest != expected.digest:
        raise IntegrityError(f"the bytes are not those of {expected.digest}", where=where, remedy=_AGAIN)


_AGAIN = "whoever keeps it must repair it: nothing of it was used"
