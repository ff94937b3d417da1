"""A version is judged only on rows that its training did not see."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from modelwright.client import Client, connect
from modelwright.errors import GateError
from modelwright.store import local_path

PROJECT = """
import numpy as np

from modelwright import DataStore, Metric, Model, Project, TrainingJob


def train(context):
    from sklearn.linear_model import LogisticRegression

    rows = context.read("rows", ["x", "y"])
    model = LogisticRegression().fit(rows["x"].reshape(-1, 1), rows["y"])
    context.log_params({"rows": len(rows["y"])})
    context.save(model, sample={"x": rows["x"][:3]}, reference={"x": rows["x"]}, labels=rows["y"])


lake = DataStore("lake")
own = TrainingJob("own", entrypoint="project.py:train", inputs={"rows": lake / "rows"})
other = TrainingJob("other", entrypoint="project.py:train", inputs={"rows": lake / "rows"})
model = Model("line", training=own, evaluation=lake / "rows", holdout="block % 5 == 0", block="block", label="y",
              gates=[Metric("auc") >= 0.5])
project = Project("held", [lake, own, other, model])
"""


@pytest.fixture
def client(tmp_path: Path) -> Client:
    (tmp_path / "project.py").write_text(PROJECT)
    client = connect(tmp_path / "project.py")
    client.up()
    target = local_path(client.outputs()["lake"]["uri"]) / "rows"
    target.mkdir(parents=True, exist_ok=True)
    rows = "SELECT i % 30 AS block, CAST(i % 7 AS DOUBLE) AS x, CAST(i % 7 > 3 AS BIGINT) AS y FROM range(600) r(i)"
    duckdb.sql(f"COPY ({rows}) TO '{target}/a.parquet' (FORMAT parquet)")
    return client


def test_a_version_of_the_models_own_job_is_judged_on_what_was_held_out(client: Client) -> None:
    version = client.register(client.train("own").wait(timeout=60))
    promotion = client.promote(version).wait(timeout=60)
    (gate,) = promotion.gates.values()
    assert gate["passed"]
    assert (gate["evidence"]["rows"], gate["evidence"]["blocks"]) == (120, 6)


def test_a_version_of_another_job_that_read_all_rows_does_not_pass(client: Client) -> None:
    version = client.register(client.train("other").wait(timeout=60), model="line")
    with pytest.raises(GateError, match="other trains on all of lake/rows: no row of it is held out from version 1"):
        client.promote(version).wait(timeout=60)
    assert client.version("line:1").status == "rejected"
