"""What is refused: unknown types when saving; changed, added, linked or stray files, and bombs, when loading."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from modelwright.canonical import digest_file
from modelwright.errors import FormatVersionError, IntegrityError, ModelFormatError
from modelwright.workload.manifest import model_digest, read_manifest
from modelwright.workload.model_folder import load_model, save_model

X = np.random.default_rng(3).normal(size=(50, 2))
Y = (X[:, 0] > 0).astype(int)


class Mine(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn comes without types
    """An estimator of the user's own, which skops would have to import and run."""

    def fit(self, given: Any, labels: Any) -> Mine:
        self.classes_ = np.unique(labels)
        self.seen_ = len(given)
        return self

    def predict_proba(self, given: Any) -> Any:
        share = (np.asarray(given)[:, 0] > 0).astype(float)
        return np.column_stack([1 - share, share])

    def predict(self, given: Any) -> Any:
        return self.predict_proba(given).argmax(axis=1)


def shifted(values: Any) -> Any:
    return values + 1


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_model(tmp_path / "model", LogisticRegression().fit(X, Y), sample=X[:3], reference=X)
    return tmp_path / "model"


def test_an_estimator_of_ones_own_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match=r"test_refusals\.Mine") as raised:
        save_model(tmp_path, Mine().fit(X, Y), sample=X[:3])
    assert 'opt_in="pickle"' in raised.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_function_inside_a_pipeline_is_named(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(shifted), LogisticRegression()).fit(X, Y)
    with pytest.raises(ModelFormatError, match=r"test_refusals\.shifted"):
        save_model(tmp_path, model, sample=X[:3])


@pytest.mark.parametrize("model", [lambda columns: columns["x0"], shifted], ids=["lambda", "function"])
def test_code_is_refused_without_the_opt_in(tmp_path: Path, model: Callable[..., Any]) -> None:
    with pytest.raises(ModelFormatError, match='opt_in="callable"'):
        save_model(tmp_path, model, sample=X[:3])


def test_anything_else_is_refused_by_type(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match=r"builtins\.dict is of no known format"):
        save_model(tmp_path, {"a": 1}, sample=X[:3])


def test_a_sample_that_is_not_the_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match="does not answer its own sample"):
        save_model(tmp_path, LogisticRegression().fit(X, Y), sample=np.zeros((3, 5)))


def test_a_model_that_answers_nan_is_refused(tmp_path: Path) -> None:
    model = LogisticRegression().fit(X, Y)
    model.coef_ = model.coef_ * np.nan
    with pytest.raises(ModelFormatError, match="NaN"):
        save_model(tmp_path, model, sample=X[:3])


def test_one_changed_byte_is_refused(saved: Path) -> None:
    pinned = model_digest(saved)
    data = bytearray((saved / "model.skops").read_bytes())
    data[len(data) // 2] ^= 1
    (saved / "model.skops").write_bytes(bytes(data))
    with pytest.raises(IntegrityError, match=r"model\.skops is not what its digest says"):
        load_model(saved, pinned)


def test_a_manifest_that_fits_the_changed_bytes_is_not_the_pinned_one(saved: Path) -> None:
    pinned = model_digest(saved)
    manifest = json.loads((saved / "manifest.json").read_bytes())
    (saved / "model.skops").write_bytes(b"other")
    for item in manifest["files"]:
        item.update(sha256=digest_file(saved / item["path"]), bytes=(saved / item["path"]).stat().st_size)
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(IntegrityError, match="not sha256"):
        load_model(saved, pinned)


def _add(folder: Path) -> None:
    (folder / "extra.py").write_text("print('hello')")


def _link(folder: Path) -> None:
    shutil.move(folder / "model.skops", folder.parent / "model.skops")
    (folder / "model.skops").symlink_to(folder.parent / "model.skops")


def _remove(folder: Path) -> None:
    (folder / "model.skops").unlink()


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


@pytest.mark.parametrize(
    ("change", "words"),
    [(_add, "does not list"), (_link, "no regular file"), (_remove, "missing"), (_fifo, "no regular file")],
)
def test_files_that_do_not_belong_are_refused(saved: Path, change: Callable[[Path], None], words: str) -> None:
    pinned = model_digest(saved)
    change(saved)
    with pytest.raises(IntegrityError, match=words):
        load_model(saved, pinned)


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../b", "a\\b", "./model.skops"])
def test_a_manifest_that_points_outside_is_refused(saved: Path, path: str) -> None:
    manifest = json.loads((saved / "manifest.json").read_bytes())
    manifest["files"].append({"path": path, "sha256": "sha256:0", "bytes": 0})
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(IntegrityError, match="leaves the folder"):
        read_manifest(saved)


def test_a_newer_manifest_says_so(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_bytes())
    (saved / "manifest.json").write_text(json.dumps({**manifest, "schema": "modelwright.model/2"}))
    with pytest.raises(FormatVersionError, match="model/2"):
        load_model(saved, None)


def test_an_opt_in_that_the_reader_does_not_allow_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "model", LogisticRegression().fit(X, Y), sample=X[:3], opt_in="pickle")
    with pytest.raises(ModelFormatError, match="'pickle'"):
        load_model(tmp_path / "model", None, opt_in=())


def _archive(folder: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / "model.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for item in manifest["files"]:
        item.update(sha256=digest_file(folder / item["path"]), bytes=(folder / item["path"]).stat().st_size)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"../escape": b"x"}, "leaves it"),
        ({"/absolute": b"x"}, "leaves it"),
        ({"zeros": bytes(200 << 20)}, "out of proportion"),
        ({"schema.json": b"{}"}, "cannot be read"),
    ],
    ids=["traversal", "absolute", "bomb", "empty"],
)
def test_a_wicked_archive_is_refused(saved: Path, members: dict[str, bytes], words: str) -> None:
    _archive(saved, members)
    with pytest.raises(ModelFormatError, match=words):
        load_model(saved, None)


def test_a_type_planted_in_the_file_is_refused_whatever_the_manifest_says(saved: Path) -> None:
    import skops.io

    (saved / "model.skops").write_bytes(skops.io.dumps(Mine().fit(X, Y)))
    with zipfile.ZipFile(saved / "model.skops") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    _archive(saved, members)
    with pytest.raises(ModelFormatError, match=r"off the allow-list: .*Mine"):
        load_model(saved, None)


def test_another_answer_than_the_stored_one_is_noticed(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_bytes())
    manifest["sample"]["outputs"][0]["probability"] += 0.01
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(IntegrityError, match="sample request"):
        load_model(saved, None).check_sample()
