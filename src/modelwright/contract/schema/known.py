"""What was read of an SDK once, kept in the user's cache folder for the next process."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

import msgspec

from modelwright.contract.schema.shape import Object

FORMAT = 1
"""Raised whenever the same source would be read as something else, or kept in another form."""


class Known(msgspec.Struct):
    """What was read of an SDK: classes by token, the same for tokens made of inputs, resources and nested types."""

    tokens: dict[str, str] = {}
    made: dict[str, str] = {}
    resources: dict[str, Object] = {}
    objects: dict[str, Object] = {}


@dataclass(frozen=True, slots=True)
class Shelf:
    """A file of the cache. What cannot be read is read again from the SDK, and what cannot be written is not kept."""

    file: Path

    @classmethod
    def of(cls, distribution: Distribution, module: str, root: Path) -> Shelf | None:
        """Return the file of a distribution; None where its installed files have no digests or are not those found.

        Its name carries distribution and version for a reader, and a digest of the list of installed files, so that
        two builds of one version are never taken for each other.
        """
        record = distribution.read_text("RECORD") or ""
        listed = f"\n{module}/__init__.py,sha256=" in f"\n{record}"
        folder = cache_folder()
        if not listed or folder is None or Path(str(distribution.locate_file(module))).resolve() != root.resolve():
            return None
        digest = hashlib.sha256(f"{FORMAT}\n{record}".encode()).hexdigest()[:16]
        return cls(folder / "schemas" / f"{distribution.name}-{distribution.version}-{digest}.json")

    def read(self) -> Known | None:
        """Return what is known; None where there is no file, or one that is damaged."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=Known)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def write(self, known: Known) -> None:
        """Keep what is known; nothing happens where that is not possible. The last of several writers wins."""
        with contextlib.suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.file.parent, prefix=".writing-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(msgspec.json.encode(known))
                Path(name).replace(self.file)
            except OSError:
                Path(name).unlink(missing_ok=True)


def cache_folder() -> Path | None:
    """Return modelwright's folder in the user's cache; None where the user has no home."""
    try:
        return _user_cache(sys.platform, os.environ.get, Path.home) / "modelwright"
    except RuntimeError:
        return None


def _user_cache(platform: str, variable: Callable[[str], str | None], home: Callable[[], Path]) -> Path:
    if platform == "win32" and (local := variable("LOCALAPPDATA")):
        return Path(local)
    if platform == "darwin":
        return home() / "Library" / "Caches"
    chosen = variable("XDG_CACHE_HOME") or ""
    return Path(chosen) if Path(chosen).is_absolute() else home() / ".cache"
