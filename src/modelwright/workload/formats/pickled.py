"""Pickles: only for a project that opts in by name, because loading one runs whatever code it holds."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelwright.errors import ModelFormatError
from modelwright.workload.formats.estimator import call_of, choose_form, classes_of, decides, silence_name_warnings
from modelwright.workload.formats.saving import Call, Saved, Saving

NAME = "pickle"
FILE = "model.pickle"


def accepts(model: object) -> bool:
    """Return False: nothing is pickled that did not ask for it."""
    del model
    return False


def save(model: Any, folder: Path, saving: Saving) -> Saved:
    """Write a pickle. Raises `ModelFormatError` without the opt-in."""
    if NAME not in saving.opt_in:
        raise ModelFormatError("a pickle runs code when it is loaded", remedy='allow it by name: opt_in="pickle"')
    form = choose_form(model, saving)
    try:
        (folder / FILE).write_bytes(pickle.dumps(model, protocol=5))
    except Exception as error:
        raise ModelFormatError(f"a {type(model).__name__} cannot be pickled: {error}") from error
    decide = decides(model, form.build(saving.inputs, saving.columns))
    return Saved(form, classes_of(model), opt_in=NAME, details={"decide": True} if decide else {})


def load(folder: Path, manifest: Mapping[str, Any]) -> Call:
    """Read a pickle whose manifest names the opt-in. Raises `ModelFormatError` otherwise."""
    if manifest.get("opt_in") != NAME:
        raise ModelFormatError("the manifest does not opt in to pickles")
    silence_name_warnings()
    try:
        model = pickle.loads((folder / FILE).read_bytes())  # noqa: S301 (opted in by name; digest verified before)
    except Exception as error:
        raise ModelFormatError(f"{FILE} cannot be read: {type(error).__name__}: {error}") from error
    return call_of(model, decide=bool(manifest.get("details", {}).get("decide")))
