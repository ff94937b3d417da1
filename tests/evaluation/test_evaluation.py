from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from tests.evaluation.judged import DAYS, PER_DAY, days, evaluation, flights, plant, save, trained

from modelwright.errors import IntegrityError, UsageError
from modelwright.workload.model_folder import save_model
from modelwright.workload.rows import write_parquet

Rows = dict[str, NDArray[Any]]
SEEN = [number for number in range(DAYS) if number % 5]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    found = flights()
    plant(tmp_path, found)
    return found


@pytest.fixture
def both(tmp_path: Path, rows: Rows) -> list[tuple[int, str]]:
    good = save(tmp_path / "good", ["x", "z"], rows, training_data=trained(*SEEN))
    poor = save(tmp_path / "poor", ["x"], rows, training_data=trained(*SEEN[:20]))
    return [(2, good), (1, poor)]


def expected(rows: Rows, columns: list[str]) -> tuple[float, float]:
    """The same model trained and judged by scikit-learn alone."""
    table = np.column_stack([rows[name] for name in columns])
    mine = rows["number"] % 5 != 0
    model = LogisticRegression().fit(table[mine], rows["late"][mine])
    score, truth = model.predict_proba(table[~mine])[:, 1], rows["late"][~mine]
    return float(roc_auc_score(truth, score)), float(accuracy_score(truth, model.predict(table[~mine])))


def test_metrics_are_those_of_the_held_out_rows(tmp_path: Path, rows: Rows, both: list[tuple[int, str]]) -> None:
    result = evaluation(tmp_path, both)
    assert result["status"] == "succeeded"
    assert result["rows"] == DAYS // 5 * PER_DAY
    assert result["blocks"] == days(*range(0, DAYS, 5))
    for version, columns in (("2", ["x", "z"]), ("1", ["x"])):
        auc, accuracy = expected(rows, columns)
        found = result["metrics"][version]
        assert found["auc"]["value"] == pytest.approx(auc, abs=1e-9)
        assert found["accuracy"]["value"] == pytest.approx(accuracy, abs=1e-9)
        low, high = found["auc"]["interval"]
        assert low < auc < high


def test_the_better_version_beats_the_other_and_not_the_reverse(tmp_path: Path, both: list[tuple[int, str]]) -> None:
    (forth,) = evaluation(tmp_path, both)["comparisons"]
    (back,) = evaluation(tmp_path, both[::-1], evaluation="delay-2")["comparisons"]
    assert forth["passed"]
    assert forth["difference"] > 0.05
    assert not back["passed"]
    assert back["difference"] == pytest.approx(-forth["difference"])
    assert (forth["metric"], forth["by"], forth["confidence"]) == ("auc", 0.005, 0.95)


def test_a_block_that_a_candidate_has_seen_is_a_leak(tmp_path: Path, both: list[tuple[int, str]], rows: Rows) -> None:
    leaking = save(tmp_path / "leaking", ["x", "z"], rows, training_data=trained(0, 1, 2, 5))
    result = evaluation(tmp_path, [(3, leaking), both[1]])
    assert result["status"] == "failed"
    assert result["leaks"] == [{"version": 3, "blocks": days(0, 5)}]
    assert "version 3 was trained on 2 of the held-out blocks" in result["error"]["message"]
    assert result["blocks"] == days(*range(10, DAYS, 5))


def test_without_a_holdout_the_very_rows_of_training_are_a_leak(tmp_path: Path, rows: Rows) -> None:
    from modelwright.workload.staging import files_digest, input_files

    digest = files_digest(tmp_path / "flights", input_files(tmp_path / "flights"))
    seen = {"flights": {"digest": digest, "files": 2, "blocks": None}}
    result = evaluation(tmp_path, [(1, save(tmp_path / "m", ["x"], rows, training_data=seen))], where=None)
    assert (result["status"], result["leaks"][0]["version"]) == ("failed", 1)


def test_only_the_asked_span_is_judged(tmp_path: Path, both: list[tuple[int, str]]) -> None:
    span = {"since": "2013-01-11T00:00:00.000000Z", "until": "2013-02-10T00:00:00.000000Z"}
    assert evaluation(tmp_path, both, **span)["blocks"] == days(*range(10, 40, 5))


def test_a_block_may_be_a_column(tmp_path: Path, both: list[tuple[int, str]], rows: Rows) -> None:
    plain = [(version, save(tmp_path / f"n{version}", ["x"], rows)) for version, _ in both]
    assert evaluation(tmp_path, plain, block="number", time=None)["blocks"] == sorted(str(n) for n in range(0, DAYS, 5))


def test_a_candidate_that_raises_on_some_rows_is_a_failed_result(tmp_path: Path, both: list[tuple[int, str]]) -> None:
    code = tmp_path / "fragile.py"
    code.write_text(
        "import numpy\n"
        "def predict(columns):\n"
        "    if (columns['x'] > 2).any():\n"
        "        raise ValueError('x is too large')\n"
        "    return numpy.zeros(len(columns['x']))\n"
    )
    import importlib.util

    spec = importlib.util.spec_from_file_location("fragile", code)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sample = {"x": np.array([0.1, 0.2])}
    save_model(tmp_path / "fragile", module.predict, sample=sample, opt_in="callable", sources=[code])
    result = evaluation(tmp_path, [(3, (tmp_path / "fragile").as_uri()), both[1]])
    rows = flights()
    bad = int(((rows["number"] % 5 == 0) & (rows["x"] > 2)).sum())
    assert result["status"] == "failed"
    assert (result["error"]["type"], result["error"]["rows"], result["error"]["version"]) == ("ValueError", bad, 3)
    assert f"version 3 fails on {bad} of 480 rows (ValueError: x is too large)" in result["error"]["message"]


def test_columns_that_the_rows_lack_are_named(tmp_path: Path, both: list[tuple[int, str]]) -> None:
    result = evaluation(tmp_path, both, label="lateness")
    assert result["status"] == "failed"
    assert "no column 'lateness'" in result["error"]["message"]


def test_no_row_left_is_a_failed_result(tmp_path: Path, both: list[tuple[int, str]]) -> None:
    result = evaluation(tmp_path, both, until="2012-01-01T00:00:00.000000Z")
    assert (result["status"], result["rows"]) == ("failed", 0)
    assert "no held-out row is left" in result["error"]["message"]


def test_rows_without_a_label_are_left_out(tmp_path: Path, both: list[tuple[int, str]]) -> None:
    rows = flights()
    rows["late"] = np.where(rows["number"] == 5, np.nan, rows["late"])
    plant(tmp_path, rows)
    assert evaluation(tmp_path, both)["blocks"] == days(0, *range(10, DAYS, 5))


def test_the_same_evaluation_twice_is_one_and_another_one_is_refused(
    tmp_path: Path, both: list[tuple[int, str]]
) -> None:
    assert evaluation(tmp_path, both) == evaluation(tmp_path, both)
    with pytest.raises(IntegrityError, match="another result already"):
        evaluation(tmp_path, both[::-1])


def test_answers_are_kept_for_a_closer_look(tmp_path: Path, both: list[tuple[int, str]], rows: Rows) -> None:
    evaluation(tmp_path, both)
    kept = json.loads(gzip.decompress((tmp_path / "control/evaluations/delay-1/answers.json.gz").read_bytes()))
    truth, scores = kept["labels"], [answer["probability"] for answer in kept["answers"]["2"]]
    assert roc_auc_score(truth, scores) == pytest.approx(expected(rows, ["x", "z"])[0], abs=1e-9)


def test_a_metric_that_does_not_exist_is_a_failed_result(tmp_path: Path, both: list[tuple[int, str]]) -> None:
    result = evaluation(tmp_path, both, metrics=["auk"])
    assert result["status"] == "failed"
    assert result["error"]["type"] == UsageError.__name__


def test_features_are_joined_as_they_were_known(tmp_path: Path) -> None:
    rows = flights()
    rows["carrier"] = np.where(rows["number"] % 2 == 0, "AA", "UA").astype(object)
    hidden = {**rows, "load": rows["z"]}
    use = {"view": "carrier", "schema": "abcdef12", "entity": ["carrier"], "columns": ["load"]}
    uri = save(tmp_path / "m", ["x", "load"], hidden, feature_use=[use])
    plant(tmp_path, {name: values for name, values in rows.items() if name != "z"})
    dates = np.datetime64("2013-01-01", "us") + np.arange(DAYS).astype("timedelta64[D]")
    for number, date in enumerate(dates):
        pair = {
            "carrier": np.array(["AA", "UA"]),
            "event_time": np.array([date] * 2),
            "load": np.full(2, number / DAYS),
        }
        folder = tmp_path / f"lake/features/carrier/abcdef12/dt={str(date)[:10]}"
        write_parquet(folder / "1-0.parquet", {**pair, "created_time": pair["event_time"]})
    view = {
        "name": "carrier",
        "entity": ["carrier"],
        "ttl": 86_400.0,
        "features": {"load": "float64"},
        "schema": "abcdef12",
    }
    features = {"offline": (tmp_path / "lake").as_uri(), "views": [view]}
    result = evaluation(tmp_path, [(1, uri)], features=features)
    assert result["status"] == "succeeded", result["error"]
    mine = rows["number"] % 5 == 0
    table = np.column_stack([hidden["x"], hidden["load"]])
    model = LogisticRegression().fit(table[~mine], rows["late"][~mine])
    served = np.column_stack([rows["x"], rows["number"] / DAYS])[mine]
    auc = roc_auc_score(rows["late"][mine], model.predict_proba(served)[:, 1])
    assert result["metrics"]["1"]["auc"]["value"] == pytest.approx(auc, abs=1e-9)


def test_checks_of_gates_compare_with_the_candidates_own_reference(tmp_path: Path, both: list[tuple[int, str]]) -> None:
    quality = {"kind": "quality", "nulls": 0.0, "new_categories": "warn", "out_of_range": 1.0, "columns": None}
    drift = {"kind": "drift", "method": "psi", "columns": ["x"], "threshold": 0.2}
    bias = {"kind": "bias", "group": "side", "metric": "demographic_parity", "threshold": 0.1, "min_group": 30}
    rows = flights()
    rows["side"] = np.where(rows["x"] > 0, "right", "left").astype(object)
    plant(tmp_path, rows)
    result = evaluation(tmp_path, both, checks=[quality, drift, bias])
    assert [check["check"] for check in result["checks"]] == [quality, drift, bias]
    assert [check["status"] for check in result["checks"]] == ["ok", "ok", "violated"]
    plant(tmp_path, {**rows, "x": rows["x"] + 3})
    moved = evaluation(tmp_path, both, checks=[quality, drift], evaluation="delay-2")
    assert [check["status"] for check in moved["checks"]] == ["ok", "violated"]
