"""skops: scikit-learn estimators as a zip of arrays and a JSON description, read without running code from it."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from modelwright.errors import ModelFormatError
from modelwright.workload.formats.allowed import ALLOWED
from modelwright.workload.formats.estimator import (
    call_of,
    choose_form,
    classes_of,
    decides,
    is_estimator,
    silence_name_warnings,
)
from modelwright.workload.formats.saving import Call, Saved, Saving

NAME = "skops"
FILE = "model.skops"
_LARGEST = 8 << 30
_MOST_MEMBERS = 200_000
_RATIO = 100
_FREE = 64 << 20
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_PIECE = 1 << 20


def accepts(model: object) -> bool:
    """Return whether the model is a scikit-learn style estimator."""
    return is_estimator(model)


def save(model: Any, folder: Path, saving: Saving) -> Saved:
    """Write the estimator. Raises `ModelFormatError` naming every type that is not on the allow-list."""
    from skops.io import dumps, get_untrusted_types

    silence_name_warnings()
    form = choose_form(model, saving)
    try:
        data = dumps(model)
        unknown = sorted(set(get_untrusted_types(data=data)) - ALLOWED)
    except Exception as error:
        raise ModelFormatError(
            f"skops cannot save a {type(model).__name__}: {error}", remedy=_remedy(type(model).__name__)
        ) from error
    if unknown:
        names = ", ".join(unknown)
        raise ModelFormatError(f"skops would have to run code to load: {names}", remedy=_remedy(unknown[0]))
    (folder / FILE).write_bytes(data)
    decide = decides(model, form.build(saving.inputs, saving.columns))
    return Saved(form, classes_of(model), details={"decide": True} if decide else {})


def _remedy(name: str) -> str:
    return (
        f'replace {name} by scikit-learn\'s own, export with format="onnx", '
        'or opt in to code in the model by name: opt_in="pickle" or opt_in="callable"'
    )


def load(folder: Path, manifest: Mapping[str, Any]) -> Call:
    """Read the estimator back. Raises `ModelFormatError` for types off the allow-list, bombs and damaged files."""
    from skops.io import get_untrusted_types
    from skops.io import load as read

    silence_name_warnings()
    path = folder / FILE
    check_archive(path)
    try:
        asked = set(get_untrusted_types(file=path))
        model = None if asked - ALLOWED else read(path, trusted=sorted(asked))
    except Exception as error:
        raise ModelFormatError(
            f"{FILE} cannot be read: {type(error).__name__}: {error}", remedy=_versions(manifest)
        ) from error
    if model is None:
        off = ", ".join(sorted(asked - ALLOWED))
        raise ModelFormatError(f"{FILE} asks for types off the allow-list: {off}", remedy=_versions(manifest))
    return call_of(model, decide=bool(manifest.get("details", {}).get("decide")))


def check_archive(path: Path) -> None:
    """Refuse a zip with paths that leave it, links, doubled names, or contents out of proportion to its size."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(path, members)
            for member in members:
                if member.compress_type != zipfile.ZIP_STORED:
                    _unpack(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ModelFormatError(f"{path.name} is not a skops file: {error}") from error


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read a member piece by piece: one that unpacks to other bytes than it says is found before it fills memory."""
    with archive.open(member) as file:
        while file.read(_PIECE):
            pass


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    size = sum(member.file_size for member in members)
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
            raise ModelFormatError(f"{path.name} holds a path that leaves it: {name!r}")
    if len(set(names)) != len(names):
        raise ModelFormatError(f"{path.name} holds one name twice")
    if any((member.external_attr >> 16) & 0o170000 == 0o120000 for member in members):  # noqa: PLR2004 (S_IFLNK)
        raise ModelFormatError(f"{path.name} holds a link")
    if any(member.compress_type not in _METHODS for member in members):  # others unpack as much as there is, at once
        raise ModelFormatError(f"{path.name} is packed in a way that is not read; skops stores or deflates")
    if len(names) > _MOST_MEMBERS or size > min(_LARGEST, _FREE + _RATIO * path.stat().st_size):
        raise ModelFormatError(f"{path.name} unpacks to {size} bytes in {len(names)} files, which is out of proportion")


def _versions(manifest: Mapping[str, Any]) -> str:
    from importlib.metadata import version

    then = manifest.get("libraries", {}).get("scikit-learn", "an unknown version")
    return f"the model was saved with scikit-learn {then}; here is {version('scikit-learn')}"
