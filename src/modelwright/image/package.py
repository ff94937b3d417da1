"""The layer of the workload: modelwright itself, as it is installed here, without bytecode and without its examples."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from modelwright.image.blobs import pieces
from modelwright.image.build import PACKAGES
from modelwright.image.layers import Entry

TITLE = "workload"
NAME = "modelwright"
_FOLDER = Path(__file__).parents[1]
_LEFT_OUT = ("__pycache__", "examples")
"""Bytecode differs by machine; the examples lie in a wheel and not in a clone."""
_METADATA = ("METADATA", "entry_points.txt")


def package_entries() -> list[Entry]:
    """Return the files of this modelwright, and what says its version and its adapters."""
    return [*_modules(), *_metadata()]


def package_version() -> str:
    """Return the version of this modelwright."""
    return distribution(NAME).version


def package_requires() -> tuple[str, ...]:
    """Return what this modelwright needs beside itself."""
    return tuple(distribution(NAME).requires or ())


def _modules() -> Iterator[Entry]:
    for above, names, files in os.walk(_FOLDER):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        for name in sorted(files):
            if not name.endswith((".pyc", ".pyo")):
                file = Path(above) / name
                yield Entry.of_file(f"{PACKAGES}/{NAME}/{file.relative_to(_FOLDER).as_posix()}", file)


def _metadata() -> Iterator[Entry]:
    found = distribution(NAME)
    for name in _METADATA:
        text = found.read_text(name)
        if text:
            yield Entry.of_bytes(f"{PACKAGES}/{NAME}-{found.version}.dist-info/{name}", text.encode())


def fingerprint(entries: list[Entry]) -> str:
    """Return a digest of what entries hold, without compressing it."""
    found = hashlib.sha256()
    for entry in entries:
        own = hashlib.sha256()
        if entry.open is not None:
            with entry.open() as file:
                for data in pieces(file):
                    own.update(data)
        found.update(json.dumps([entry.path, entry.executable, entry.link, own.hexdigest()]).encode())
    return found.hexdigest()
