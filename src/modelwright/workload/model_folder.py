"""Models on disk: saved with signature, sample, profile and digests; loaded only if all of that still holds."""

from __future__ import annotations

import math
import platform
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelwright.canonical import digest
from modelwright.errors import IntegrityError, ModelFormatError
from modelwright.workload.formats.choice import format_named, format_of
from modelwright.workload.formats.estimator import agree, call_of, is_estimator, plain_classes
from modelwright.workload.formats.form import Form, columns_of, form_from_json
from modelwright.workload.formats.outputs import Outputs, assemble
from modelwright.workload.formats.saving import Call, Saved, Saving
from modelwright.workload.manifest import PROFILE, SCHEMA, list_files, model_digest, read_manifest, write_manifest
from modelwright.workload.signature import Signature, derive_inputs, signature_from_json
from modelwright.workload.table import Columns, length, to_columns, to_rows

Profiler = Callable[[Columns, Columns], bytes]
"""Takes a reference's inputs and the model's outputs for them, as columns; returns the profile file's bytes."""

_SAMPLE_ROWS = 10
_CHECKED_ROWS = 200
_CLOSE = 1e-5
_LIBRARIES = ("scikit-learn", "numpy", "skops", "onnx", "onnxruntime", "skl2onnx", "lightgbm", "xgboost", "pandas")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that answers: by columns, or by rows of checked JSON values in the signature's order."""

    manifest: Mapping[str, Any]
    digest: str
    signature: Signature
    form: Form
    call: Call
    folder: Path

    def predict(self, columns: Columns) -> Outputs:
        """Return the outputs for columns by name (others than the signature's are ignored).

        Raises `ModelFormatError` when a column is missing.
        """
        missing = [name for name in self.signature.names if name not in columns]
        if missing:
            raise ModelFormatError(f"the model needs the columns {', '.join(missing)}")
        return self._outputs(self.form.build(self.signature.inputs, columns))

    def predict_rows(self, rows: Sequence[Sequence[Any]]) -> Outputs:
        """Return the outputs for rows of values in the signature's order, as a checked request has them."""
        return self._outputs(self.form.build_rows(self.signature.inputs, rows))

    def _outputs(self, given: Any) -> Outputs:
        prediction, shares = self.call(given)
        return assemble(prediction, shares, self.signature.classes)

    def profile(self) -> bytes | None:
        """Return the reference profile's bytes, None for a model without a reference."""
        return (self.folder / PROFILE).read_bytes() if self.manifest.get("profile") else None

    def check_sample(self) -> None:
        """Ask for the stored sample. Raises `IntegrityError` when the answer is not the stored one."""
        stored = self.manifest["sample"]
        rows = [[row[name] for name in self.signature.names] for row in stored["inputs"]]
        if rows and not _alike(self.predict_rows(rows).rows(), stored["outputs"]):
            raise IntegrityError(
                "the model does not answer its sample request as it did when it was saved",
                where=str(self.folder),
                remedy=f"saved with {_named(self.manifest.get('libraries', {}))}; here is {_named(_libraries())}",
            )


def save_model(  # noqa: PLR0913 (each is one fact about a model)
    folder: Path,
    model: Any,
    *,
    sample: object,
    reference: object = None,
    labels: object = None,
    names: Sequence[str] | None = None,
    format: str | None = None,  # noqa: A002 (the word users know)
    opt_in: str | Collection[str] = (),
    sources: Sequence[Path] = (),
    classes: Sequence[Any] | None = None,
    profile: bytes | Profiler | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a model into an empty folder and return its manifest.

    `sample` and `reference` are tables of any kind (`names` names a plain array's columns); the signature is read from
    them, and the reference profile is made from the reference. `classes` names the classes of boosters and functions.
    `extra` is added to the manifest (`run`, `training_data`, `feature_use`, …). What was written is read back and must
    answer like the original. Raises `ModelFormatError` for what cannot be saved safely, leaving the folder empty.
    """
    allowed = frozenset([opt_in] if isinstance(opt_in, str) else opt_in)
    chosen = format_of(model, format, allowed)
    columns = to_columns(sample, names)
    further = None if reference is None else to_columns(reference, names)
    saving = Saving(
        sample,
        columns,
        derive_inputs(columns, further),
        allowed,
        _classes(classes, labels, model),
        sources,
    )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        saved = chosen.save(model, folder, saving)
        loaded = _verified(folder, chosen.NAME, model, saving, saved, further)
        if further is not None:
            _write_profile(folder, loaded, further, profile)
        manifest = {**_manifest(loaded, folder, columns, saved), **(extra or {})}
    except BaseException:
        shutil.rmtree(folder)
        folder.mkdir()
        raise
    write_manifest(folder, manifest)
    return manifest


def load_model(folder: Path, expect_digest: str | None, *, opt_in: Collection[str] | None = None) -> LoadedModel:
    """Load a model whose digest is the expected one and whose every file is what the manifest says.

    `opt_in` are the ways of running the model's code that the reader allows; None trusts the manifest, whose digest is
    pinned by the registry. Raises `IntegrityError` for changed files and `ModelFormatError` for what cannot be read.
    """
    manifest = read_manifest(folder, expect_digest)
    asked = manifest.get("opt_in")
    if asked and opt_in is not None and asked not in opt_in:
        raise ModelFormatError(f"the model needs the opt-in {asked!r}, which is not allowed here")
    return _opened(folder, manifest, model_digest(folder))


def _opened(folder: Path, manifest: Mapping[str, Any], known: str) -> LoadedModel:
    call = format_named(manifest["format"]).load(folder, manifest)
    signature = signature_from_json(manifest["signature"])
    return LoadedModel(manifest, known, signature, form_from_json(manifest.get("form")), call, folder)


def _classes(classes: Sequence[Any] | None, labels: object, model: object) -> tuple[Any, ...] | None:
    if classes is not None:
        return plain_classes(classes)
    if labels is None or is_estimator(model):
        return None
    found = np.unique(np.asarray(labels))
    return None if found.dtype.kind == "f" else plain_classes(found.tolist())


def _verified(
    folder: Path, name: str, model: Any, saving: Saving, saved: Saved, reference: Columns | None
) -> LoadedModel:
    """Read back what was written and compare it with the original on the sample and the reference's first rows."""
    draft = {"format": name, "details": dict(saved.details), "opt_in": saved.opt_in, **_entrypoint(saved)}
    call = format_named(name).load(folder, draft)
    signature = Signature(saving.inputs if isinstance(saving.inputs, tuple) else tuple(saving.inputs), (), "regression")
    signature = replace(signature, classes=saved.classes)
    loaded = LoadedModel(draft, "", signature, saved.form, call, folder)
    tables = [saving.columns]
    if reference is not None:
        tables.append({key: values[:_CHECKED_ROWS] for key, values in reference.items()})
    for table in tables:
        _compare(loaded, model, table, name)
    outputs = loaded.predict(saving.columns)
    if not outputs.finite().all():
        raise ModelFormatError("the model answers its own sample with NaN or infinity")
    return replace(loaded, signature=replace(signature, outputs=outputs.describe(), task=outputs.task))


def _compare(loaded: LoadedModel, model: Any, table: Columns, name: str) -> None:
    outputs = loaded.predict(table)
    if len(outputs) != length(table):
        raise ModelFormatError(f"the model answers {length(table)} rows with {len(outputs)}")
    if not is_estimator(model) or name in {"lightgbm", "xgboost"}:
        return
    inputs = loaded.signature.inputs
    form = loaded.form if loaded.form.kind != "columns" else Form("matrix")
    wanted = call_of(model)(form.build(inputs, table)) if _numeric(loaded, form) else None
    if wanted is not None and not _agrees(outputs, wanted):
        raise ModelFormatError(
            f"saved as {name}, the model does not answer like the original", remedy="choose another format"
        )


def _numeric(loaded: LoadedModel, form: Form) -> bool:
    return form.kind != "matrix" or all(c.type in {"float64", "int64", "bool"} for c in loaded.signature.inputs)


def _agrees(outputs: Outputs, wanted: tuple[NDArray[Any] | None, NDArray[Any] | None]) -> bool:
    prediction, shares = wanted
    got = (
        outputs.prediction if prediction is not None else None,
        outputs.probabilities if shares is not None else None,
    )
    return agree(got, wanted, relative=_CLOSE)


def _entrypoint(saved: Saved) -> dict[str, Any]:
    return {"entrypoint": saved.details["entrypoint"]} if "entrypoint" in saved.details else {}


def _write_profile(folder: Path, loaded: LoadedModel, reference: Columns, profile: bytes | Profiler | None) -> None:
    if isinstance(profile, bytes):
        data = profile
    else:
        outputs = loaded.predict(reference)
        data = _with_influence((profile or _profile)(reference, outputs.columns()), loaded, reference)
    (folder / PROFILE).write_bytes(data)


def _with_influence(profile: bytes, loaded: LoadedModel, reference: Columns) -> bytes:
    """Add what the model's answers rest on, which a monitor's attribution check compares with."""
    from modelwright.stats.profile import Profile
    from modelwright.workload.influence import influence

    found = influence(loaded, reference)
    return profile if found is None else Profile.from_bytes(profile).with_importances(found).to_bytes()


def _profile(inputs: Columns, outputs: Columns) -> bytes:
    from modelwright.stats.profile import profile_columns

    flat = {name: values for name, values in inputs.items() if values.ndim == 1}
    return profile_columns(
        {**flat, **{name: values for name, values in outputs.items() if values.ndim == 1}}
    ).to_bytes()


def _manifest(loaded: LoadedModel, folder: Path, sample: Columns, saved: Saved) -> dict[str, Any]:
    first = {name: values[:_SAMPLE_ROWS] for name, values in sample.items()}
    rows = to_rows(first)
    values = [[row[name] for name in loaded.signature.names] for row in rows]
    profile = folder / PROFILE
    return {
        "schema": SCHEMA,
        "format": loaded.manifest["format"],
        "files": list_files(folder),
        "signature": loaded.signature.to_json(),
        "form": saved.form.to_json(),
        "details": dict(saved.details),
        "sample": {"inputs": rows, "outputs": loaded.predict_rows(values).rows()},
        "profile": digest(profile.read_bytes()) if profile.is_file() else None,
        "feature_use": [],
        "run": None,
        "training_data": {},
        "libraries": _libraries(),
        "opt_in": saved.opt_in,
        **_entrypoint(saved),
    }


def _libraries() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _named(libraries: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {libraries[name]}" for name in ("scikit-learn", "numpy") if name in libraries)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) or isinstance(other, float):
        return isinstance(other, int | float) and math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return bool(one == other)


__all__ = ["LoadedModel", "Outputs", "Profiler", "columns_of", "load_model", "save_model"]
