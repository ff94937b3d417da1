"""The user's function: imported from `file.py:function` of the project, and its errors told by the user's own lines.

No bytecode is left beside the user's files.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.errors import ModelwrightError, NotFoundError, UsageError, did_you_mean

if TYPE_CHECKING:
    from typing_extensions import Buffer

_LINES = 40


class _Uncached(SourceFileLoader):
    """Loads source files and writes no bytecode."""

    def set_data(self, path: str, data: Buffer, *, _mode: int = 0o666) -> None:
        """Keep nothing."""


def _finder(root: Path) -> Callable[[str], FileFinder]:
    def hook(folder: str) -> FileFinder:
        if not Path(folder or ".").absolute().is_relative_to(root):
            raise ImportError(folder)
        return FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_Uncached, SOURCE_SUFFIXES))

    return hook


def put_on_path(root: Path) -> None:
    """Make a project's folder importable, before everything else, without leaving bytecode in it."""
    root = root.absolute()
    if str(root) in sys.path:
        sys.path.remove(str(root))
    sys.path.insert(0, str(root))
    # A virtual environment inside the project keeps its bytecode: only folders outside `site-packages` lose it.
    installed = {path for path in sys.path if path != str(root)}
    sys.path_hooks.insert(0, _finder(root))
    for folder in list(sys.path_importer_cache):
        if folder not in installed:
            del sys.path_importer_cache[folder]
    importlib.invalidate_caches()


def load(entrypoint: str, root: Path) -> Callable[..., Any]:
    """Import the function that `file.py:function` (relative to the root) names.

    Raises `UsageError` for a wrong spelling and `NotFoundError` for a missing file or function; what the module itself
    raises passes through.
    """
    file, _, function = entrypoint.partition(":")
    if not file.endswith(".py") or not function.isidentifier():
        raise UsageError(f"{entrypoint!r} is not an entrypoint", remedy="write it as file.py:function")
    path = (root / file).resolve()
    if not path.is_file():
        raise NotFoundError(f"the entrypoint's file {file} does not exist", where=str(root))
    put_on_path(root)
    name = ".".join(Path(file).with_suffix("").parts)
    module = importlib.import_module(name)
    found = getattr(module, function, None)
    if not callable(found):
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise NotFoundError(f"{file} has no function {function!r}", remedy=did_you_mean(function, known))
    return found  # type: ignore[no-any-return]  # what a module holds has no type


def own_traceback(error: BaseException, root: Path) -> str:
    """Return an error's traceback with the lines of the user's own files only (all, where none is the user's).

    An error of ours that no line of the user's led to has no traceback: its message says it all.
    """
    frames = traceback.extract_tb(error.__traceback__)
    folder = root.resolve()
    own = [frame for frame in frames if _is_own(Path(frame.filename), folder)]
    if not own and isinstance(error, ModelwrightError):
        return ""
    head = ["Traceback (your own lines):\n"] if own else ["Traceback:\n"]
    lines = head + traceback.format_list(own or frames) + traceback.format_exception_only(error)
    text = "".join(lines).replace(f"{folder}/", "")
    return "\n".join(text.splitlines()[-_LINES:])


def _is_own(path: Path, folder: Path) -> bool:
    resolved = path.resolve()
    return resolved.is_relative_to(folder) and "site-packages" not in resolved.parts
