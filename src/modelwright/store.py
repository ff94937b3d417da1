"""Where documents live: create-if-absent, atomic overwrite, listing.

The ledger, the operator and every workload write through this one door, so a reader never sees half a document and an
acknowledged write survives a power cut. Keys are relative, `/`-separated, and cannot leave the store.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from modelwright.errors import UsageError

_IN_BUCKETS = frozenset({"az", "gs", "s3"})


class Store(Protocol):
    """A flat namespace of immutable or replaceable byte objects."""

    @property
    def uri(self) -> str:
        """The address that `open_store` accepts."""
        ...

    def create(self, key: str, data: bytes) -> bool:
        """Write an object unless the key exists; return whether this call wrote it."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write an object, replacing what was there, atomically."""
        ...

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, or None."""
        ...

    def keys(self, prefix: str = "") -> list[str]:
        """Return all keys below a prefix that ends in `/` (or all), sorted."""
        ...

    def sizes(self, prefix: str = "") -> list[tuple[str, int]]:
        """Return the keys below a prefix with their sizes in bytes, sorted."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; it is no error when there is none."""
        ...


class DirectoryStore:
    """A `Store` in a directory: temporary file, fsync, link or rename, fsync of the directory."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    @property
    def uri(self) -> str:
        """The directory's `file://` address."""
        return self.root.as_uri()

    def path(self, key: str) -> Path:
        """Return the file of a key. Raises `UsageError` for keys that would leave the store."""
        check_key(key)
        return self.root.joinpath(*key.split("/"))

    def create(self, key: str, data: bytes) -> bool:
        """Write an object unless the key exists; return whether this call wrote it."""
        target = self.path(key)
        if target.exists():
            return False
        temporary = self._write(target, data)
        try:
            os.link(temporary, target)
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        _sync_directory(target.parent)
        return True

    def put(self, key: str, data: bytes) -> None:
        """Write an object, replacing what was there, atomically."""
        target = self.path(key)
        temporary = self._write(target, data)
        temporary.replace(target)
        _sync_directory(target.parent)

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, or None."""
        try:
            return self.path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def keys(self, prefix: str = "") -> list[str]:
        """Return all keys below a prefix that ends in `/` (or all), sorted."""
        base = self.path(prefix.rstrip("/")) if prefix.rstrip("/") else self.root
        found = []
        for folder, _, names in os.walk(base):
            at = "" if folder == str(self.root) else Path(folder).relative_to(self.root).as_posix() + "/"
            found += [at + name for name in names if not name.startswith(".tmp-")]
        return sorted(found)

    def sizes(self, prefix: str = "") -> list[tuple[str, int]]:
        """Return the keys below a prefix with their sizes in bytes, sorted."""
        return [(key, self.path(key).stat().st_size) for key in self.keys(prefix)]

    def delete(self, key: str) -> None:
        """Remove an object; it is no error when there is none."""
        self.path(key).unlink(missing_ok=True)

    def _write(self, target: Path, data: bytes) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".tmp-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:  # a full disk: what is half-written must not fill it, and the message names the place
            Path(name).unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror, str(target)) from None
        return Path(name)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_key(key: str) -> None:
    """Raise `UsageError` for what is no key: parts that are empty, `.` or `..`, or hold a backslash or NUL."""
    if not key or any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in key.split("/")):
        raise UsageError(f"{key!r} is not a key: use relative parts separated by '/'")


def place(store: Store, key: str) -> str:
    """Return where an object lies, as people look for it: the path of its file, or its address."""
    return str(store.path(key)) if isinstance(store, DirectoryStore) else f"{store.uri}/{key}"


def local_path(uri: str) -> Path:
    """Return the folder of a `file://` address or plain path. Raises `UsageError` for other schemes."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if parts.scheme and len(parts.scheme) > 1:
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"  # no password, no token
        raise UsageError(f"{shown!r} is not on this machine", remedy="use a file:// address or a path")
    return Path(uri)


def open_store(uri: str) -> Store:
    """Return the store at an address. Raises `UsageError` for a scheme that this installation cannot reach."""
    scheme = urlsplit(uri).scheme
    if scheme not in _IN_BUCKETS:
        return DirectoryStore(local_path(uri))
    if importlib.util.find_spec("obstore") is None:
        raise UsageError(f"{scheme}:// needs obstore", remedy="pip install 'modelwright[object-store]'")
    from modelwright.object_store import ObjectStore

    return ObjectStore(uri)
