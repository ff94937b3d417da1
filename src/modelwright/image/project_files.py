"""The project's files that go into an image: what the patterns take, without what must never be in one.

Keys, credentials and version control are left out by their names and said; a private key in a file that is taken stops
the build.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelwright.errors import InvalidProjectError, Problem, UsageError
from modelwright.image.build import CODE
from modelwright.image.layers import Entry
from modelwright.image.patterns import matches

TITLE = "project"
NEVER = (
    "**/.git", "**/.hg", "**/.svn", "**/.modelwright", "**/.ssh", "**/.aws", "**/.azure", "**/.gnupg", "**/.docker",
    "**/.kube", "**/.env", "**/.env.*", "**/*.env", "**/.envrc", "**/*.pem", "**/*.key", "**/*.p12", "**/*.pfx",
    "**/*.jks", "**/id_rsa*", "**/id_dsa*", "**/id_ecdsa*", "**/id_ed25519*", "**/.netrc", "**/.pypirc", "**/.pgpass",
    "**/.npmrc", "**/.dockercfg", "**/.git-credentials", "**/credentials.json", "**/service_account*.json",
)  # fmt: skip
"""What holds secrets, or histories of them, by its name: left out whatever the patterns say."""
_MADE = (
    "__pycache__",
    "node_modules",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".ipynb_checkpoints",
)
"""Folders that tools make: never looked into."""
_ENVIRONMENT = "pyvenv.cfg"
_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n[A-Za-z0-9+/=]")
_SEARCHED = 1 << 20
"""Bytes of a file in which a key is looked for."""


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """The entries of the layer, and what the patterns would take and was left out, each with its reason."""

    entries: tuple[Entry, ...]
    left_out: tuple[str, ...]


def project_files(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> ProjectFiles:
    """Return the project's files for an image.

    Raises `UsageError` where no file is taken, `InvalidProjectError` for files that hold a private key.
    """
    entries: list[Entry] = []
    left_out: list[str] = []
    keys: list[str] = []
    for path, file in _walked(folder, left_out, include):
        if not matches(path, include) or matches(path, exclude):
            continue
        reason = _reason(path, file, folder)
        if reason:
            left_out.append(f"{path}: {reason}")
        elif _holds_key(file):
            keys.append(path)
        else:
            entries.append(Entry.of_file(f"{CODE}/{path}", file))
    if keys:
        raise InvalidProjectError(_problem(path) for path in keys)
    if not entries:
        said = f"no file of {folder} is taken by {', '.join(include) or 'no pattern'}"
        raise UsageError(said, where="image.include", remedy="check the patterns")
    return ProjectFiles(tuple(entries), tuple(left_out))


def _problem(path: str) -> Problem:
    hint = "exclude it, and hand the key to the process as a Secret"
    return Problem("image.include", f"{path} holds a private key", hint)


def _walked(folder: Path, left_out: list[str], include: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield the files below a folder in the order of their names, without folders that never go into an image."""
    for above, names, files in os.walk(folder):
        here = Path(above)
        own = here.relative_to(folder).as_posix()
        inside = "" if own == "." else f"{own}/"
        secret = sorted(name for name in names if matches(f"{inside}{name}", NEVER))
        left_out += [f"{inside}{name}/: by its name" for name in secret if _is_meant(f"{inside}{name}", include)]
        names[:] = sorted(name for name in names if name not in {*secret, *_MADE} and _is_ours(here / name))
        yield from ((f"{inside}{name}", here / name) for name in sorted(files) if not name.endswith(".pyc"))


def _is_ours(folder: Path) -> bool:
    """Return whether a folder is the project's own: no virtual environment, and no link to elsewhere."""
    return not folder.is_symlink() and not (folder / _ENVIRONMENT).exists()


def _is_meant(folder: str, include: Iterable[str]) -> bool:
    """Return whether a pattern names something in a folder that is never taken, so that its absence must be said."""
    return any(pattern.startswith(folder) or matches(folder, [pattern]) for pattern in include)


def _reason(path: str, file: Path, folder: Path) -> str:
    """Return why a file that the patterns take is left out, empty where it is not."""
    if matches(path, NEVER):
        return "by its name"
    if not file.is_file():
        return "no plain file, or a link to nothing"
    if file.is_symlink() and not file.resolve().is_relative_to(folder.resolve()):
        return "a link out of the project"
    return ""


def _holds_key(file: Path) -> bool:
    with file.open("rb") as stream:
        return bool(_KEY.search(stream.read(_SEARCHED)))
