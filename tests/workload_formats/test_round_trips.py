"""Every format answers after loading what the original answers, and the original is asked in the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC

from modelwright.canonical import digest_file
from modelwright.errors import ModelFormatError
from modelwright.workload.model_folder import LoadedModel, load_model, save_model

RNG = np.random.default_rng(7)
X = RNG.normal(size=(300, 4))
BINARY = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = np.array(["low", "mid", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])]
NUMBER = X @ np.array([1.0, -2.0, 0.5, 3.0]) + 1.0
NAMES = ["a", "b", "c", "d"]


def saved_and_loaded(folder: Path, model: Any, sample: Any, **given: Any) -> LoadedModel:
    save_model(folder, model, sample=sample, **given)
    loaded = load_model(folder, digest_file(folder / "manifest.json"))
    loaded.check_sample()
    return loaded


def columns(matrix: Any = X) -> dict[str, Any]:
    return {name: matrix[:, index] for index, name in enumerate(NAMES)}


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingClassifier(max_iter=5),
        RandomForestClassifier(5, random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(SimpleImputer(), KNeighborsClassifier()),
        make_pipeline(FunctionTransformer(np.tanh), LogisticRegression()),
    ],
    ids=lambda model: type(model).__name__ + "-" + type(getattr(model, "steps", [["", model]])[-1][1]).__name__,
)
@pytest.mark.parametrize("labels", [BINARY, THREE], ids=["binary", "three"])
def test_a_classifier_comes_back_from_skops(tmp_path: Path, model: Any, labels: Any) -> None:
    model.fit(X, labels)
    loaded = saved_and_loaded(tmp_path, model, X[:5], reference=X, names=NAMES)
    outputs = loaded.predict(columns())
    assert outputs.probabilities == pytest.approx(model.predict_proba(X))
    assert list(outputs.prediction) == list(model.predict(X))
    assert outputs.classes == tuple(model.classes_.tolist())


@pytest.mark.parametrize(
    "model", [LinearRegression(), GradientBoostingRegressor(n_estimators=5), RandomForestRegressor(5, random_state=0)]
)
def test_a_regressor_comes_back_from_skops(tmp_path: Path, model: Any) -> None:
    model.fit(X, NUMBER)
    outputs = saved_and_loaded(tmp_path, model, X[:5], names=NAMES).predict(columns())
    assert outputs.prediction == pytest.approx(model.predict(X))
    assert outputs.task == "regression"


@pytest.mark.filterwarnings("ignore:The `probability` parameter:FutureWarning")
def test_a_classifier_whose_predict_is_not_the_likeliest_class_keeps_its_own_word(tmp_path: Path) -> None:
    model = SVC(probability=True, random_state=0).fit(X, THREE)
    outputs = saved_and_loaded(tmp_path, model, X, names=NAMES).predict(columns())
    assert list(outputs.prediction) == list(model.predict(X))


def test_strings_and_numbers_without_pandas_come_as_one_object_matrix(tmp_path: Path) -> None:
    mixed = np.column_stack([X[:, 0].astype(object), THREE.astype(object)])
    model = make_pipeline(
        ColumnTransformer([("number", StandardScaler(), [0]), ("word", OneHotEncoder(), [1])]), LogisticRegression()
    ).fit(mixed, BINARY)
    loaded = saved_and_loaded(tmp_path, model, {"size": X[:5, 0], "level": THREE[:5]})
    assert loaded.form.kind == "objects"
    outputs = loaded.predict_rows([[float(row[0]), str(row[1])] for row in mixed])
    assert outputs.probabilities == pytest.approx(model.predict_proba(mixed))


def test_a_model_that_selects_columns_by_name_gets_a_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=NAMES).assign(level=THREE)
    model = make_pipeline(
        ColumnTransformer([("number", StandardScaler(), NAMES), ("word", OrdinalEncoder(), ["level"])]),
        LogisticRegression(),
    ).fit(frame, BINARY)
    loaded = saved_and_loaded(tmp_path, model, frame[:5], reference=frame)
    assert loaded.form.kind == "frame"
    outputs = loaded.predict({**columns(), "level": THREE.astype(object)})
    assert outputs.probabilities == pytest.approx(model.predict_proba(frame))


def test_categories_of_a_frame_are_kept_with_their_codes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": X[:, 0], "level": pd.Categorical(THREE)})
    model = HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype").fit(frame, BINARY)
    loaded = saved_and_loaded(tmp_path, model, frame[:5])
    only = loaded.predict({"a": X[:2, 0], "level": np.array(["mid", "mid"], dtype=object)})
    given = pd.DataFrame({"a": X[:2, 0], "level": pd.Categorical(["mid", "mid"], categories=["high", "low", "mid"])})
    assert only.probabilities == pytest.approx(model.predict_proba(given))


def test_a_model_trained_on_a_numeric_frame_is_served_without_pandas(tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=NAMES)
    model = HistGradientBoostingClassifier(max_iter=5).fit(frame, BINARY)
    assert saved_and_loaded(tmp_path, model, frame[:5]).form.kind == "matrix"


@pytest.mark.parametrize("labels", [BINARY, THREE], ids=["binary", "three"])
@pytest.mark.parametrize("wrapped", [True, False], ids=["estimator", "booster"])
def test_lightgbm_comes_back_from_its_own_text(tmp_path: Path, labels: Any, *, wrapped: bool) -> None:
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1, num_threads=1).fit(X, labels)
    given = model if wrapped else model.booster_
    known = None if wrapped else list(model.classes_)
    loaded = saved_and_loaded(tmp_path, given, X[:5], names=NAMES, classes=known)
    outputs = loaded.predict(columns())
    assert loaded.manifest["format"] == "lightgbm"
    assert outputs.probabilities == pytest.approx(model.predict_proba(X))
    assert list(outputs.prediction) == list(model.predict(X))


@pytest.mark.parametrize("wrapped", [True, False], ids=["estimator", "booster"])
def test_xgboost_comes_back_from_its_own_json(tmp_path: Path, *, wrapped: bool) -> None:
    model = xgboost.XGBClassifier(n_estimators=5, n_jobs=1).fit(X, BINARY)
    loaded = saved_and_loaded(tmp_path, model if wrapped else model.get_booster(), X[:5], names=NAMES)
    outputs = loaded.predict(columns())
    assert loaded.manifest["format"] == "xgboost"
    assert outputs.probabilities == pytest.approx(model.predict_proba(X), abs=1e-6)


def test_an_xgboost_regressor_stops_where_it_stopped_early(tmp_path: Path) -> None:
    model = xgboost.XGBRegressor(n_estimators=200, n_jobs=1, early_stopping_rounds=2, learning_rate=0.9)
    model.fit(X[:150], NUMBER[:150], eval_set=[(X[150:], NUMBER[150:])], verbose=False)
    assert model.best_iteration + 1 < 200
    outputs = saved_and_loaded(tmp_path, model, X[:5], names=NAMES).predict(columns())
    assert outputs.prediction == pytest.approx(model.predict(X), rel=1e-6)


def test_boosters_take_gaps(tmp_path: Path) -> None:
    gaps = X.copy()
    gaps[::3, 1] = np.nan
    model = lightgbm.LGBMRegressor(n_estimators=5, verbose=-1, num_threads=1).fit(gaps, NUMBER)
    loaded = saved_and_loaded(tmp_path, model, gaps[:5], names=NAMES)
    assert [column.nullable for column in loaded.signature.inputs] == [False, True, False, False]
    row = [float(gaps[0, 0]), None, float(gaps[0, 2]), float(gaps[0, 3])]
    assert loaded.predict_rows([row]).prediction == pytest.approx(model.predict(gaps[:1]))


@pytest.mark.parametrize(
    "model", [make_pipeline(StandardScaler(), LogisticRegression()), RandomForestClassifier(5, random_state=0)]
)
def test_onnx_answers_like_the_original(tmp_path: Path, model: Any) -> None:
    model.fit(X, THREE)
    loaded = saved_and_loaded(tmp_path, model, X[:5], names=NAMES, format="onnx", reference=X)
    outputs = loaded.predict(columns())
    assert outputs.probabilities == pytest.approx(model.predict_proba(X), abs=1e-6)
    assert list(outputs.prediction) == list(model.predict(X))


def test_an_onnx_graph_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    from skl2onnx import to_onnx

    model = LinearRegression().fit(X, NUMBER)
    graph = to_onnx(model, X[:1].astype(np.float32)).SerializeToString()
    outputs = saved_and_loaded(tmp_path, graph, X[:5], names=NAMES).predict(columns())
    assert outputs.prediction == pytest.approx(model.predict(X), rel=1e-4)


class Unheard(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """An estimator that no converter has heard of."""


def test_a_model_that_cannot_convert_is_refused_with_the_reason(tmp_path: Path) -> None:
    model = Unheard().fit(X, BINARY)
    with pytest.raises(ModelFormatError, match=r"Unheard cannot be converted to ONNX: .+"):
        save_model(tmp_path, model, sample=X[:5], format="onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_answers_otherwise_than_the_original_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import skl2onnx

    other = LogisticRegression().fit(-X, BINARY)
    convert = skl2onnx.to_onnx

    def wrong(_: Any, **given: Any) -> Any:
        given["options"] = {id(other): {"zipmap": False}}
        return convert(other, **given)

    monkeypatch.setattr(skl2onnx, "to_onnx", wrong)
    with pytest.raises(ModelFormatError, match="does not answer like the original"):
        save_model(tmp_path, LogisticRegression().fit(X, BINARY), sample=X[:5], format="onnx")


CODE = "import numpy as np\n\ndef twice(columns):\n    return columns['a'] * 2 + columns['b']\n"


def test_a_function_is_saved_with_its_source_by_opt_in(tmp_path: Path) -> None:
    source = tmp_path / "own.py"
    source.write_text(CODE)
    loaded = saved_and_loaded(tmp_path / "model", f"{source}:twice", X[:5], names=NAMES, opt_in="callable")
    source.unlink()
    assert loaded.predict(columns()).prediction == pytest.approx(X[:, 0] * 2 + X[:, 1])
    assert json.loads((tmp_path / "model/manifest.json").read_bytes())["opt_in"] == "callable"
    again = load_model(tmp_path / "model", loaded.digest)
    assert again.predict(columns()).prediction == pytest.approx(X[:, 0] * 2 + X[:, 1])


def test_a_function_of_two_files_brings_both(tmp_path: Path) -> None:
    (tmp_path / "part_of_it.py").write_text("FACTOR = 5\n")
    (tmp_path / "whole.py").write_text(
        "from part_of_it import FACTOR\n\ndef five(columns):\n    return columns['a'] * FACTOR\n"
    )
    loaded = saved_and_loaded(
        tmp_path / "model",
        f"{tmp_path / 'whole.py'}:five",
        X[:5],
        names=NAMES,
        opt_in=("callable",),
        sources=[tmp_path / "part_of_it.py"],
    )
    assert loaded.predict(columns()).prediction == pytest.approx(X[:, 0] * 5)


def test_a_pickle_is_saved_only_by_opt_in(tmp_path: Path) -> None:
    model = LogisticRegression().fit(X, BINARY)
    with pytest.raises(ModelFormatError, match='opt_in="pickle"'):
        save_model(tmp_path / "refused", model, sample=X[:5], format="pickle")
    loaded = saved_and_loaded(tmp_path / "taken", model, X[:5], names=NAMES, opt_in="pickle")
    assert loaded.manifest["opt_in"] == "pickle"
    assert loaded.predict(columns()).probabilities == pytest.approx(model.predict_proba(X))
