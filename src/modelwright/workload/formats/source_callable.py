"""Plain Python as a model, by opt-in: source files are copied into the model and run when it is loaded.

The function takes columns (a dict of numpy arrays) and returns one value per row, an n x k array of probabilities, or
a dict with `prediction` and `probabilities`.
"""

from __future__ import annotations

import importlib.util
import inspect
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from modelwright.errors import ModelFormatError
from modelwright.workload.formats.form import Form
from modelwright.workload.formats.saving import Answer, Call, Saved, Saving

NAME = "callable"
FOLDER = "code"
_MATRIX = 2


def accepts(model: object) -> bool:
    """Return whether the model is a function or `file.py:function`."""
    return inspect.isfunction(model) or (isinstance(model, str) and ".py:" in model)


def save(model: Any, folder: Path, saving: Saving) -> Saved:
    """Copy the function's file and `sources`. Raises `ModelFormatError` without the opt-in or a top-level function."""
    if NAME not in saving.opt_in:
        raise ModelFormatError(
            f"{_named(model)} is code, which would run when the model is loaded",
            remedy='allow it by name: opt_in="callable"',
        )
    source, function = _located(model)
    code = folder / FOLDER
    code.mkdir()
    for path in (source, *saving.sources):
        shutil.copyfile(path, code / path.name)
    entrypoint = f"{source.name}:{function}"
    answer = _call(_function(code, entrypoint))(Form("columns").build(saving.inputs, saving.columns))
    shares = answer[1]
    numbered = None if shares is None else tuple(range(np.asarray(shares).shape[1]))
    return Saved(Form("columns"), saving.classes or numbered, opt_in=NAME, details={"entrypoint": entrypoint})


def _named(model: Any) -> str:
    return model if isinstance(model, str) else f"the function {model.__qualname__}"


def _located(model: Any) -> tuple[Path, str]:
    if isinstance(model, str):
        name, _, function = model.rpartition(":")
        path = Path(name)
        if not path.is_file() or not function.isidentifier():
            raise ModelFormatError(f"{model!r} is not a file and a function", remedy='write "file.py:function"')
        return path, function
    source = inspect.getsourcefile(model)
    if source is None or "." in model.__qualname__ or model.__name__ == "<lambda>" or not Path(source).is_file():
        raise ModelFormatError(f"{_named(model)} stands in no file by itself", remedy="define it at a file's top level")
    return Path(source), model.__name__


def load(folder: Path, manifest: Mapping[str, Any]) -> Call:
    """Import the copied file. Raises `ModelFormatError` unless the manifest names the opt-in."""
    if manifest.get("opt_in") != NAME:
        raise ModelFormatError("the manifest does not opt in to code")
    return _call(_function(folder / FOLDER, str(manifest["entrypoint"])))


def _function(code: Path, entrypoint: str) -> Callable[[Any], Any]:
    file, _, name = entrypoint.rpartition(":")
    if Path(file).name != file:
        raise ModelFormatError(f"{entrypoint!r} leaves the model's folder")
    spec = importlib.util.spec_from_file_location(f"modelwright_model_{Path(file).stem}", code / file)
    if spec is None or spec.loader is None:
        raise ModelFormatError(f"{file} is not Python")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(code))
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # a cache file would be one the manifest lacks
    try:
        spec.loader.exec_module(module)
        function: Callable[[Any], Any] = getattr(module, name)
    except Exception as error:
        raise ModelFormatError(f"{file} cannot be loaded: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(code))
        sys.dont_write_bytecode = writes
    return function


def _call(function: Callable[[Any], Any]) -> Call:
    def answer(columns: Any) -> Answer:
        found = function(columns)
        if isinstance(found, Mapping):
            shares = found.get("probabilities")
            first = found.get("prediction")
            return (None if first is None else np.asarray(first)), (None if shares is None else np.asarray(shares))
        array = np.asarray(found)
        return (None, array) if array.ndim == _MATRIX and array.shape[1] > 1 else (array, None)

    return answer
