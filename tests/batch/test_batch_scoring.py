from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from tests.monitoring.sent import DAY, MONDAY, keep, release, spelled, watch

from modelwright.errors import DataError, IntegrityError
from modelwright.stats.profile import profile_columns
from modelwright.workload.batch import run
from modelwright.workload.batch import source as module
from modelwright.workload.model_folder import save_model
from modelwright.workload.rows import Columns, read_rows, write_parquet

AT = MONDAY + DAY
MODEL = LogisticRegression().fit(np.array([[-1.0, 0.0], [1.0, 1.0], [-2.0, 0.5], [2.0, 0.1]]), [0, 1, 0, 1])


def rows(count: int, seed: int = 0) -> dict[str, NDArray[Any]]:
    random = np.random.default_rng(seed)
    return {"customer": np.arange(count), "x": random.normal(size=count), "load": random.random(count)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    table = rows(50, seed=9)
    sample = {name: table[name] for name in ("x", "load")}
    save_model(tmp_path / "model", MODEL, sample=sample, reference=sample)
    for number, part in enumerate((slice(None, 25), slice(25, None))):
        data = rows(40)
        write_parquet(tmp_path / f"customers/{number}.parquet", {n: v[part] for n, v in data.items()})
    return tmp_path


def config(root: Path, **changes: Any) -> dict[str, Any]:
    return {
        "schema": "modelwright.batch/1",
        "endpoint": "scores",
        "model": (root / "model").as_uri(),
        "version": 3,
        "release": 5,
        "source": (root / "customers").as_uri(),
        "to": (root / "scores").as_uri(),
        "guardrails": [],
        "features": {"offline": None, "views": []},
        "keys": ["customer"],
        "event_time": None,
        "event_time_tolerance": 0.0,
        "capture": None,
        "at": spelled(AT),
    } | changes


def scores(root: Path, moment: str = "20130305T000000Z") -> Columns:
    found = read_rows((root / f"scores/run={moment}").as_uri())
    order = np.argsort(found["customer"])
    return {name: values[order] for name, values in found.items()}


def manifest(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "scores/run=20130305T000000Z/_manifest.json").read_bytes())
    return found


def test_every_row_is_answered_as_the_model_answers(root: Path) -> None:
    assert run(config(root)) == 0
    found, given = scores(root), rows(40)
    expected = MODEL.predict_proba(np.column_stack([given["x"], given["load"]]))[:, 1]
    np.testing.assert_allclose(found["probability"], expected, atol=1e-12)
    assert found["customer"].tolist() == list(range(40))
    assert found["row"].tolist() == [*range(25), *range(15)]
    assert (manifest(root)["rows"], manifest(root)["errors"], len(manifest(root)["parts"])) == (40, 0, 2)


def test_parts_that_are_there_are_not_written_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    run(config(root))
    folder = root / "scores/run=20130305T000000Z"
    first = scores(root)
    (folder / "_manifest.json").unlink()
    (folder / "part-00001-00001.parquet").unlink()
    kept = {path.name: path.stat().st_mtime_ns for path in folder.glob("part-*")}
    assert sorted(kept) == [f"part-00000-0000{n}.parquet" for n in range(3)] + ["part-00001-00000.parquet"]
    run(config(root))
    for path in folder.glob("part-*"):
        assert kept.get(path.name, path.stat().st_mtime_ns) == path.stat().st_mtime_ns
    for name, values in scores(root).items():
        np.testing.assert_array_equal(values, first[name])


def test_the_same_run_twice_is_one_and_another_one_is_refused(root: Path) -> None:
    run(config(root))
    before = manifest(root)
    run(config(root))
    assert manifest(root) == before
    with pytest.raises(IntegrityError, match="another version or other rows"):
        run(config(root, version=4))
    assert run(config(root, version=4, at=spelled(AT + DAY))) == 0


def test_a_row_that_cannot_be_answered_says_why_and_the_others_are(root: Path) -> None:
    broken = rows(40)
    broken["x"] = np.where(broken["customer"] == 7, np.nan, broken["x"])
    write_parquet(root / "broken/a.parquet", broken)
    run(config(root, source=(root / "broken").as_uri()))
    found = scores(root)
    assert found["error"][7].startswith("x: ")
    assert [number for number, error in enumerate(found["error"]) if error is not None] == [7]
    assert np.isnan(found["probability"][7])
    assert manifest(root)["errors"] == 1


def test_guardrails_answer_as_they_do_online(root: Path) -> None:
    rules = [
        {"kind": "range", "column": "load", "low": 0.0, "high": 0.5, "action": "flag"},
        {"kind": "range", "column": "x", "low": -1.0, "high": 9.0, "action": "override", "value": 0},
        {"kind": "range", "column": "x", "low": -9.0, "high": 1.0, "action": "reject"},
    ]
    run(config(root, guardrails=rules))
    found, given = scores(root), rows(40)
    flags = [json.loads(text) if text else [] for text in found["flags"]]
    for number in range(40):
        if given["x"][number] > 1:
            assert found["error"][number] == "refused by the guardrail range:x"
        else:
            assert ("range:load" in flags[number]) == (given["load"][number] > 0.5)
            assert ("overridden" in flags[number]) == (given["x"][number] < -1)


def test_features_that_the_source_lacks_are_joined_as_known_then(root: Path) -> None:
    use = {"view": "customer", "schema": "abcdef12", "entity": ["customer"], "columns": ["load"]}
    sample = {name: rows(50, seed=9)[name] for name in ("x", "load")}
    save_model(root / "featured", MODEL, sample=sample, extra={"feature_use": [use]})
    given = rows(40)
    write_parquet(root / "lean/a.parquet", {"customer": given["customer"], "x": given["x"]})
    then = np.full(40, np.datetime64("2013-03-04", "us"))
    for late, load in ((0, given["load"]), (2, given["load"] + 9)):
        moment = then + np.timedelta64(late, "D")
        known = {"customer": given["customer"], "event_time": moment, "created_time": moment, "load": load}
        write_parquet(root / f"lake/features/customer/abcdef12/dt={moment[0].astype('M8[D]')}/1-0.parquet", known)
    view = {
        "name": "customer",
        "entity": ["customer"],
        "features": {"load": "float64"},
        "schema": "abcdef12",
        "ttl": None,
    }
    features = {"offline": (root / "lake").as_uri(), "views": [view]}
    run(config(root, model=(root / "featured").as_uri(), source=(root / "lean").as_uri(), features=features))
    expected = MODEL.predict_proba(np.column_stack([given["x"], given["load"]]))[:, 1]
    np.testing.assert_allclose(scores(root)["probability"], expected, atol=1e-12)


def test_captured_rows_are_watched_like_those_of_a_server(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = root / "control"
    monkeypatch.setattr(module, "CHUNK", 10)
    capture = {"to": control.as_uri(), "fraction": 1.0}
    run(config(root, capture=capture))
    folder = root / "scores/run=20130305T000000Z"
    (folder / "_manifest.json").unlink()
    (folder / "part-00000-00000.parquet").unlink()
    run(config(root, capture=capture))
    lines = [
        json.loads(line)
        for path in control.rglob("*.jsonl.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    assert (len(lines), len({line["id"] for line in lines})) == (50, 40)
    assert {(line["version"], line["release"], line["variant"]) for line in lines} == {(3, 5, "v3-r5")}
    reference = profile_columns({name: rows(50, seed=9)[name] for name in ("x", "load")})
    releases = [release(3, MONDAY, keep(control, reference))]
    drift = {"kind": "drift", "method": "psi", "columns": ["x"], "threshold": 0.2}
    (result,) = watch(control, MONDAY + 8 * DAY, [drift], endpoint="scores", releases=releases, keys=["customer"])
    assert (result.rows, result.version) == (40, 3)


def test_a_source_without_the_models_columns_is_refused_by_name(root: Path) -> None:
    write_parquet(root / "bare/a.parquet", {"customer": np.arange(3), "lode": np.arange(3.0)})
    with pytest.raises(DataError, match=r"no column 'x' .*, 'load' \(did you mean 'lode'\?\)"):
        run(config(root, source=(root / "bare").as_uri()))
