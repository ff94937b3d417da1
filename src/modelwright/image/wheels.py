"""Wheels, read as the wheel specification says and never executed: every file is what RECORD says, or none is used.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from email.parser import HeaderParser
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import IO, cast

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from modelwright.errors import IntegrityError
from modelwright.image.blobs import PIECE
from modelwright.image.layers import Entry

_UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_HASHES = ("sha256", "sha384", "sha512")
_LARGEST = 16 << 20
"""Bytes of a file that is read into memory: metadata and scripts."""
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, UnicodeDecodeError)
# RuntimeError: what zipfile says of an encrypted file, and of a compression that it does not know


@dataclass(frozen=True, slots=True)
class Recorded:
    """What RECORD says of a file: the hash's name and digest, and its size in bytes."""

    algorithm: str
    digest: bytes
    size: int


@dataclass(frozen=True)
class Wheel:
    """An open wheel: its name, its version, and its files by their path inside, all named by RECORD."""

    path: Path
    archive: zipfile.ZipFile = field(repr=False)
    name: str
    version: str
    info: str
    files: dict[str, Recorded] = field(repr=False)

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """What METADATA says that it needs."""
        found = HeaderParser().parsestr(self.text(f"{self.info}/METADATA")).get_all("Requires-Dist")
        return tuple(str(one) for one in found or ())

    def text(self, name: str) -> str:
        """Return a file's text, empty where there is none. Raises `IntegrityError` as reading does."""
        if name not in self.files:
            return ""
        return self.read(name).decode()

    def read(self, name: str) -> bytes:
        """Return a small file's bytes."""
        if self.files[name].size > _LARGEST:
            raise IntegrityError(f"{name} has {self.files[name].size:,} bytes", where=self.path.name)
        with self.opened(name) as file:
            return file.read()

    def head(self, name: str, size: int) -> bytes:
        """Return a file's first bytes, not verified."""
        with self.archive.open(name) as file:
            return file.read(size)

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file; at the end `IntegrityError` is raised when it is not what RECORD says."""
        try:
            with self.archive.open(name) as file:
                checked = _Checked(file, self.files[name])
                yield cast("IO[bytes]", checked)
                checked.finish(f"{self.path.name}: {name}")
        except _BROKEN as error:
            raise IntegrityError("the wheel is damaged", where=f"{self.path.name}: {name}") from error

    def entry(self, name: str, path: str) -> Entry:
        """Return one of its files as an entry of a layer; it is executable where the archive says so."""
        opened = cast("partial[AbstractContextManager[IO[bytes]]]", partial(self.opened, name))
        mode = self.archive.getinfo(name).external_attr >> 16
        return Entry(path, self.files[name].size, opened, stat.S_ISREG(mode) and bool(mode & 0o111))


class _Checked:
    """A stream that knows afterwards whether it was what RECORD says."""

    def __init__(self, below: IO[bytes], recorded: Recorded) -> None:
        self._below = below
        self._recorded = recorded
        self._hash = hashlib.new(recorded.algorithm)
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        """Read bytes."""
        data = self._below.read(size)
        self._hash.update(data)
        self._size += len(data)
        return data

    def finish(self, where: str) -> None:
        """Read what is left, and raise `IntegrityError` when the whole is not what RECORD says."""
        while self.read(PIECE):
            pass
        if self._size != self._recorded.size or self._hash.digest() != self._recorded.digest:
            raise IntegrityError("is not what the wheel's RECORD says", where=where, remedy=_DISTRUST)


_DISTRUST = "the wheel was altered or badly made: nothing of it was used"


@contextmanager
def open_wheel(path: Path) -> Iterator[Wheel]:
    """Open a wheel and check its names and its RECORD; files are verified while they are read."""
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise IntegrityError("is no name of a wheel", where=path.name) from error
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            info = _info_folder(archive, name, str(version), path.name)
            _check_version(archive, info, path.name)
            wheel = Wheel(path, archive, name, str(version), info, _recorded(archive, info, path.name))
        except _BROKEN as error:
            raise IntegrityError("the wheel is damaged", where=path.name) from error
        yield wheel


def _info_folder(archive: zipfile.ZipFile, name: str, version: str, where: str) -> str:
    found = {entry.split("/")[0] for entry in archive.namelist() if ".dist-info/" in entry}
    if len(found) == 1:
        (info,) = found
        own, _, number = info.removesuffix(".dist-info").rpartition("-")
        if canonicalize_name(own) == name and _same_version(number, version):
            return info
    raise IntegrityError(f"holds no .dist-info of {name} {version}", where=where, remedy=_DISTRUST)


def _same_version(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False


def _check_version(archive: zipfile.ZipFile, info: str, where: str) -> None:
    try:
        text = archive.read(f"{info}/WHEEL").decode()
    except KeyError as error:
        raise IntegrityError("has no WHEEL file", where=where, remedy=_DISTRUST) from error
    version = str(HeaderParser().parsestr(text).get("Wheel-Version", ""))
    if version.partition(".")[0] != "1":
        raise IntegrityError(f"is of version {version or 'unknown'} of the wheel format, not of 1", where=where)


def _recorded(archive: zipfile.ZipFile, info: str, where: str) -> dict[str, Recorded]:
    """Return what RECORD says of each file. Raises `IntegrityError` unless it names each file once and no other."""
    present = _present(archive, where)
    try:
        text = archive.read(f"{info}/RECORD").decode()
    except KeyError as error:
        raise IntegrityError("has no RECORD", where=where, remedy=_DISTRUST) from error
    found: dict[str, Recorded] = {}
    unsigned = {f"{info}/{name}" for name in _UNSIGNED}
    for row in csv.reader(io.StringIO(text)):
        if row and row[0] not in unsigned:
            if row[0] in found:
                raise IntegrityError(f"RECORD names {row[0]} twice", where=where, remedy=_DISTRUST)
            found[row[0]] = _record(row, archive, present, where)
    if unnamed := sorted(present - set(found) - unsigned):
        raise IntegrityError(f"RECORD does not name {unnamed[0]}", where=where, remedy=_DISTRUST)
    return found


def _record(row: list[str], archive: zipfile.ZipFile, present: set[str], where: str) -> Recorded:
    name, kind, size = (*row, "", "")[:3]
    if name not in present:
        raise IntegrityError(f"RECORD names {name}, which is not there", where=where, remedy=_DISTRUST)
    algorithm, _, text = kind.partition("=")
    if algorithm not in _HASHES:
        raise IntegrityError(f"RECORD has no sha256 of {name}", where=where, remedy=_DISTRUST)
    actual = archive.getinfo(name).file_size
    if size and size != str(actual):
        raise IntegrityError(f"{name} is not what the wheel's RECORD says", where=where, remedy=_DISTRUST)
    return Recorded(algorithm, base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), actual)


def _present(archive: zipfile.ZipFile, where: str) -> set[str]:
    """Return the names of the files. Raises `IntegrityError` for names that lead out, twice the same, and links."""
    found: set[str] = set()
    for one in archive.infolist():
        name = one.filename
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in one.orig_filename or re.match(r"[A-Za-z]:", name):
            raise IntegrityError(f"{name!r} leads out of the wheel", where=where, remedy=_DISTRUST)
        if "\0" in one.orig_filename or stat.S_ISLNK(one.external_attr >> 16):
            raise IntegrityError(f"{name!r} is no plain file", where=where, remedy=_DISTRUST)
        if name in found:
            raise IntegrityError(f"{name!r} is there twice", where=where, remedy=_DISTRUST)
        if not one.is_dir():
            found.add(name)
    return found
