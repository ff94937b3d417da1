"""A model's folder and its manifest: every file by digest, nothing that is not listed, nothing outside."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from modelwright.canonical import canonical, check_schema, digest, digest_file
from modelwright.errors import IntegrityError, ModelFormatError

FILE = "manifest.json"
PROFILE = "profile.json.gz"
SCHEMA = "modelwright.model/1"
_LARGEST_MANIFEST = 32 << 20
_TEMPORARY = ".tmp-"


def list_files(folder: Path) -> list[dict[str, Any]]:
    """Return path, digest and size of every file in a folder but the manifest, sorted by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / FILE)
    return [
        {"path": path.relative_to(folder).as_posix(), "sha256": digest_file(path), "bytes": path.stat().st_size}
        for path in paths
    ]


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Write the manifest and return the model's digest, that of the manifest's bytes."""
    data = canonical(manifest)
    (folder / FILE).write_bytes(data)
    return digest(data)


def model_digest(folder: Path) -> str:
    """Return the digest of the model in a folder. Raises `ModelFormatError` when there is none."""
    try:
        return digest_file(folder / FILE)
    except OSError as error:
        raise ModelFormatError(f"no model in {folder}: {error.strerror or error}") from error


def read_manifest(folder: Path, expect: str | None = None) -> dict[str, Any]:
    """Return a manifest whose digest and whose files' digests hold.

    Raises `IntegrityError` for changed, missing or additional files, links and paths that leave the folder;
    `FormatVersionError` for a newer schema; `ModelFormatError` when there is no manifest.
    """
    manifest = _parsed(folder, expect)
    check_schema(manifest, "model", 1)
    listed = {item["path"]: item for item in manifest["files"]}
    present = _present(folder)
    if extra := sorted(present.keys() - listed.keys()):
        raise IntegrityError(f"files that the manifest does not list: {', '.join(extra)}", where=str(folder))
    if missing := sorted(listed.keys() - present.keys()):
        raise IntegrityError(f"files that the manifest lists are missing: {', '.join(missing)}", where=str(folder))
    for path, item in listed.items():
        if present[path] != item["bytes"] or digest_file(folder / path) != item["sha256"]:
            raise IntegrityError(f"{path} is not what its digest says", where=str(folder), remedy="register it again")
    return manifest


def _parsed(folder: Path, expect: str | None) -> dict[str, Any]:
    data = manifest_bytes(folder)
    if expect is not None and digest(data) != expect:
        raise IntegrityError(
            f"the model is {digest(data)}, not {expect}", where=str(folder), remedy="restore the registered files"
        )
    try:
        manifest = json.loads(data)
        names = [_listed(item) for item in manifest["files"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError(f"the manifest cannot be read: {error!r}", where=str(folder)) from error
    for name in names:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\\" in name or "\0" in name or str(parts) != name:
            raise IntegrityError(f"the manifest lists a path that leaves the folder: {name!r}", where=str(folder))
    if len(set(names)) != len(names):
        raise IntegrityError("the manifest lists a file twice", where=str(folder))
    found: dict[str, Any] = manifest
    return found


def manifest_bytes(folder: Path) -> bytes:
    """Return a manifest's bytes, unverified. Raises `IntegrityError` for a link, a pipe, or one out of proportion.

    Raises `ModelFormatError` when there is none.
    """
    path = folder / FILE
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_MANIFEST:
            raise IntegrityError("the manifest is no regular file or out of proportion", where=str(folder))
        return path.read_bytes()
    except OSError as error:
        raise ModelFormatError(f"no model in {folder}: {error.strerror or error}") from error


def _listed(item: Mapping[str, Any]) -> str:
    """Return the path of an entry that has all that an entry needs. Raises `TypeError` or `KeyError` otherwise."""
    if not isinstance(item["path"], str) or not isinstance(item["sha256"], str) or type(item["bytes"]) is not int:
        raise TypeError(f"a file's entry is {item}")
    return item["path"]


def _present(folder: Path) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        name = path.relative_to(folder).as_posix()
        if path.name.startswith(_TEMPORARY) and stat.S_ISREG(status.st_mode):
            continue  # of a store that was killed while it wrote: nothing reads it
        if stat.S_ISDIR(status.st_mode):
            continue
        if not stat.S_ISREG(status.st_mode):
            raise IntegrityError(f"{name} is no regular file", where=str(folder), remedy="a model holds no links")
        if name != FILE:
            sizes[name] = status.st_size
    return sizes
