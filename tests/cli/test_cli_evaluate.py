from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from tests.cli.shells import call

PROJECT = """
from modelwright import DataStore, Metric, Model, ModelRegistry, Project, TrainingJob

lake = DataStore("lake")
train = TrainingJob("train-hello", entrypoint="training.py:train", inputs={"rows": lake / "rows"})
model = Model("hello", training=train, evaluation=lake / "rows", holdout="day % 5 == 0", label="late", block="day",
              gates={"dev": [Metric("auc") >= 0.9]})
project = Project("judged", [lake, train, ModelRegistry("models", models=[model])])
"""
TRAINING = """
from sklearn.linear_model import LogisticRegression


def train(context):
    rows = context.read("rows")
    model = LogisticRegression(**context.hyperparameters).fit(rows["a"].reshape(-1, 1), rows["late"])
    context.log_metrics({"rows": len(rows["a"])})
    context.save(model, sample={"a": rows["a"][:2]}, reference={"a": rows["a"]}, labels=rows["late"])
"""
# Twenty days of forty rows; late exactly when a > 0.5, so a model of a alone ranks every held-out row rightly.
ROWS = "SELECT day, i / 40.0 AS a, CAST(i > 20 AS INTEGER) AS late FROM range(1, 21) d(day), range(40) r(i)"


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "project.py").write_text(PROJECT)
    (tmp_path / "training.py").write_text(TRAINING)
    assert call("up", folder=tmp_path).status == 0
    rows = tmp_path / ".modelwright/dev/data/lake/rows"
    rows.mkdir(parents=True)
    duckdb.sql(f"COPY ({ROWS}) TO '{rows / 'all.parquet'}'")
    yield tmp_path
    call("destroy", "--yes", "--allow-data-loss", "lake", "--allow-data-loss", "foundation", folder=tmp_path)


def test_versions_are_scored_on_the_same_held_out_rows(judged: Path) -> None:
    for strength in ("1.0", "0.5"):
        said = call("train", "train-hello", "--param", f"C={strength}", "--json", folder=judged)
        assert said.document["result"]["metrics"] == {"rows": 16 * 40}  # days 5, 10, 15 and 20 are held out
        registered = call("model", "register", said.document["result"]["run"], folder=judged)
        assert registered.status == 0, registered.err
        assert "next: modelwright model promote hello:" in registered.out
    said = call("evaluate", "hello:2", "--against", "hello:1", "--json", folder=judged)
    assert said.status == 0, said.err
    result = said.document["result"]
    assert result["rows"] == 4 * 40
    assert len(result["blocks"]) == 4
    assert {number: metrics["auc"]["value"] for number, metrics in result["metrics"].items()} == {"1": 1.0, "2": 1.0}
    shown = call("evaluate", "hello:2", "--against", "none", folder=judged)
    assert "160 held-out rows in 4 blocks" in shown.out
    assert "version 1" not in shown.out


def test_a_gate_that_fails_ends_with_five_and_shows_its_evidence(judged: Path) -> None:
    (judged / "project.py").write_text(PROJECT.replace('Metric("auc") >= 0.9', 'Metric("auc") <= 0.2'))
    assert call("up", folder=judged).status == 0
    said = call("train", "train-hello", "--promote", "--json", folder=judged)
    assert said.status == 5
    assert said.document["diagnostics"][-1]["code"] == "MW1301"
    (gate,) = said.document["result"]["gates"].values()
    assert gate["passed"] is False
    assert gate["text"] == "1.0000"
    table = call("model", "show", "hello:1", folder=judged).out
    assert "auc <= 0.2" in table
    assert "failed" in table
