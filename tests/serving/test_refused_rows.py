"""What a guardrail refuses is kept and flagged, and what a captured row lacks is said in its flags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from tests.serving.serving_kit import captured, serve_config, serving, stored

from modelwright.clock import ReplayClock
from modelwright.store import DirectoryStore
from modelwright.workload.batch.job import run as run_batch
from modelwright.workload.monitor.captures import WindowRows, capture_listing
from modelwright.workload.monitor.windows import Window
from modelwright.workload.rows import write_parquet

X = np.arange(40.0).reshape(-1, 2)
NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
REJECT = {"kind": "range", "column": "size", "low": 0, "high": 100, "action": "reject"}
FALL_BACK = {"kind": "range", "column": "age", "low": 0, "high": 100, "action": "fallback", "to": "other:1"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    fitted = LinearRegression().fit(X, X[:, 0] * 3)
    return stored(tmp_path_factory.mktemp("model"), fitted, sample=X[:2], names=["size", "age"])


@pytest.fixture(scope="module")
def gappy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of the same columns that takes whole numbers only, so that it can refuse what the first one takes."""
    fitted = LinearRegression().fit(X, X[:, 0])
    whole = {"size": np.array([1, 2]), "age": np.array([3, 4])}
    return stored(tmp_path_factory.mktemp("other"), fitted, sample=whole)


def config(model: str, control: Path, **given: Any) -> dict[str, Any]:
    return serve_config(model, keys=["id"], capture={"to": control.as_uri(), "fraction": 1.0}, **given)


def row(size: float, **given: Any) -> dict[str, Any]:
    return {"size": size, "age": 1.0, "id": f"n{size:g}", **given}


def test_a_refused_request_names_its_rows_is_kept_and_is_not_counted_as_served(tmp_path: Path, model: str) -> None:
    control = tmp_path / "control"
    ReplayClock(tmp_path / "clock", NOW)
    with serving(tmp_path, config(model, control, guardrails=[REJECT]), MODELWRIGHT_CLOCK=str(tmp_path / "clock")) as s:
        served = s.ask("/predict", {"rows": [row(5)]})
        refused = s.ask("/predict", {"rows": [row(6), row(700), row(7), row(800)]})
        metrics = s.ask("/metrics").body.decode()
        assert s.end() == 0
    assert served.status == 200
    assert refused.status == 422
    assert refused.json["error"]["code"] == "MW2210"
    assert [(item["row"], item["column"]) for item in refused.json["error"]["problems"]] == [(1, "size"), (3, "size")]
    assert "range:size" in refused.json["error"]["message"]
    kept = {item["keys"]["id"]: item for item in captured(control)}
    assert {name: item["flags"] for name, item in kept.items()} == {
        "n5": [],
        "n6": ["unanswered"],
        "n700": ["range:size", "rejected"],
        "n7": ["unanswered"],
        "n800": ["range:size", "rejected"],
    }
    assert kept["n700"]["output"] == kept["n6"]["output"] == {}
    assert kept["n700"]["inputs"] == {"size": 700.0, "age": 1.0}
    assert 'flag="rejected"} 2' in metrics
    assert 'modelwright_rows_total{endpoint="api",variant="v1-r1"} 1' in metrics
    store = DirectoryStore(control)
    window = Window(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    rows = WindowRows(store, capture_listing(store, "api", window), window, ["id"])
    assert rows.predictions((1, False), NOW + timedelta(hours=1)).keys == [("n5",)]


def test_what_a_kept_row_lacks_is_said_in_its_flags_and_not_in_its_answer(tmp_path: Path, model: str) -> None:
    control = tmp_path / "control"
    ReplayClock(tmp_path / "clock", NOW)
    given = config(model, control, event_time="when", event_time_tolerance=3600.0)
    rows = [
        row(1, when=(NOW - timedelta(minutes=59)).isoformat()),
        row(2, when=(NOW - timedelta(minutes=61)).isoformat()),
        row(3, when=(NOW + timedelta(days=400)).isoformat()),
        {"size": 4.0, "age": 1.0},
        row(5, id=None),
    ]
    with serving(tmp_path, given, MODELWRIGHT_CLOCK=str(tmp_path / "clock")) as server:
        answer = server.ask("/predict", {"rows": rows})
        assert server.end() == 0
    assert answer.status == 200
    assert all(set(found) == {"prediction"} for found in answer.json["predictions"])
    kept = {item["inputs"]["size"]: item for item in captured(control)}
    flags = {size: item["flags"] for size, item in kept.items()}
    assert flags == {1.0: [], 2.0: ["mistimed"], 3.0: ["mistimed"], 4.0: ["keyless"], 5.0: ["keyless"]}
    assert kept[2.0]["at"] == kept[3.0]["at"] == kept[2.0]["received"] == "2026-03-04T12:30:00.000000Z"
    assert kept[1.0]["at"] == "2026-03-04T11:31:00.000000Z"
    assert kept[4.0]["keys"] == {}


def test_a_row_that_the_fallback_cannot_answer_is_named_by_its_place_in_the_request(
    tmp_path: Path, model: str, gappy: str
) -> None:
    given = serve_config(model, guardrails=[FALL_BACK], fallback={"other:1": {"model": gappy}})
    rows = [{"size": 1.0, "age": 1.0}, {"size": 2.0, "age": 200.0}, {"size": 3.0, "age": 1.0}]
    with serving(tmp_path, given) as server:
        assert server.ask("/predict", {"rows": rows}).status == 200
        answer = server.ask("/predict", {"rows": [*rows, {"size": 2.5, "age": 200.0}]})
    assert answer.status == 400
    assert [(item["row"], item["column"]) for item in answer.json["error"]["problems"]] == [(3, "size")]


def test_a_batch_keeps_and_flags_what_was_refused_as_an_endpoint_does(tmp_path: Path, model: str) -> None:
    control = tmp_path / "control"
    table = {"id": np.array(["a", "b"]), "size": np.array([1.0, 700.0]), "age": np.array([2.0, 1.0])}
    write_parquet(tmp_path / "rows/0.parquet", table)
    document = {
        "schema": "modelwright.batch/1",
        "endpoint": "scores",
        "model": model,
        "version": 3,
        "release": 5,
        "source": (tmp_path / "rows").as_uri(),
        "to": (tmp_path / "scores").as_uri(),
        "guardrails": [REJECT],
        "features": {"offline": None, "views": []},
        "keys": ["id"],
        "capture": {"to": control.as_uri(), "fraction": 1.0},
        "at": NOW.isoformat(),
    }
    assert run_batch(document) == 0
    kept = {item["keys"]["id"]: item for item in captured(control)}
    assert {name: item["flags"] for name, item in kept.items()} == {"a": [], "b": ["range:size", "rejected"]}
    assert kept["b"]["output"] == {}
    assert kept["a"]["output"]["prediction"] == pytest.approx(3.0)
