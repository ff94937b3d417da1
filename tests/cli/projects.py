"""Small projects that tests write into a folder."""

from __future__ import annotations

from pathlib import Path

import duckdb

HELLO = """
from modelwright import DataStore, Drift, Endpoint, Model, ModelRegistry, Monitor, Project, TrainingJob

lake = DataStore("lake")
train = TrainingJob("train-hello", entrypoint="training.py:train")
slow = TrainingJob("train-slow", entrypoint="training.py:slow")
broken = TrainingJob("train-broken", entrypoint="training.py:broken")
models = ModelRegistry("models", models=[Model("hello", training=train)])
api = Endpoint("hello-api", serves="hello@champion", capture=1.0, keys=["id"])
watch = Monitor("hello-watch", endpoint=api, schedule="0 * * * *", window="1d", checks=[Drift(columns=["a"])])
project = Project("hello", [lake, train, slow, broken, models, api, watch])
"""

TRAINING = """
import time
import numpy
from sklearn.linear_model import LogisticRegression


def train(context):
    a = numpy.linspace(0, 1, 200)
    rows = {"id": numpy.arange(200), "a": a}
    y = (a > 0.5).astype(int)
    model = LogisticRegression(**context.hyperparameters).fit(numpy.column_stack([rows["id"], a]), y)
    context.log_metrics({"accuracy": 0.75})
    print("hello from training")
    context.save(model, sample={k: v[:2] for k, v in rows.items()}, reference=rows, labels=y)


def slow(context):
    print("working", flush=True)
    time.sleep(60)


def broken(context):
    raise ValueError("no such column: dep_\\x1b[31mtime")
"""


def write_hello(folder: Path) -> Path:
    """Write the project into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.py").write_text(HELLO)
    (folder / "training.py").write_text(TRAINING)
    return folder


WIDE = """
from modelwright import *

lake = DataStore("lake")
features = FeatureStore("features", store=lake, online=True, views=[
    FeatureView("ward", entity="ward", timestamp="at", source=lake / "wards", features={"beds": "int64"})])
train = TrainingJob("train-risk", entrypoint="training.py:train", inputs={"rows": lake / "rows"})
slow = TrainingJob("train-slow", entrypoint="training.py:slow")
model = Model("risk", training=train, evaluation=lake / "rows", holdout="day % 5 == 0", label="late", block="day")
api = Endpoint("risk-api", serves="risk@champion", capture=1.0, keys=["id"])
scores = Endpoint("scores", mode="batch", serves="risk@champion", source=lake / "new", to=lake / "scores")
watch = Monitor("risk-watch", endpoint=api, checks=[Drift(columns=["a"])], window="1d")
local = {name: Environment("local") for name in ("dev", "prod")}
project = Project("wide", [lake, features, train, slow, ModelRegistry("models", models=[model]), api, scores, watch],
                  environments=local)
"""

WIDE_TRAINING = """
import time
from sklearn.linear_model import LogisticRegression


def train(context):
    rows = context.read("rows")
    model = LogisticRegression(**context.hyperparameters).fit(rows["a"].reshape(-1, 1), rows["late"])
    context.log_metrics({"rows": len(rows["a"])})
    context.save(model, sample={"a": rows["a"][:2]}, reference={"a": rows["a"]}, labels=rows["late"])


def slow(context):
    print("working", flush=True)
    time.sleep(60)
"""
# Ten days of forty rows; late exactly when a > 0.5, so a model of a alone ranks every held-out row rightly.
WIDE_ROWS = """SELECT day * 40 + i AS id, day, i / 40.0 AS a, CAST(i > 20 AS INTEGER) AS late
               FROM range(1, 11) d(day), range(40) r(i)"""
WIDE_WARDS = """SELECT 'w' || i AS ward, moment AS at, moment AS created_time, CAST(i AS BIGINT) AS beds
                FROM range(3) r(i), (SELECT TIMESTAMPTZ '2020-01-01 00:00:00Z' AS moment)"""


def write_wide(folder: Path) -> Path:
    """Write a project that uses every verb, in two environments, into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.py").write_text(WIDE)
    (folder / "training.py").write_text(WIDE_TRAINING)
    return folder


def fill_lake(folder: Path, environment: str = "dev") -> None:
    """Write the rows of the wide project into the data store of an applied environment."""
    lake = folder / ".modelwright" / environment / "data/lake"
    for name, query in {"rows": WIDE_ROWS, "new": f"SELECT id, a FROM ({WIDE_ROWS})", "wards": WIDE_WARDS}.items():
        (lake / name).mkdir(parents=True)
        duckdb.sql(f"COPY ({query}) TO '{lake / name / 'all.parquet'}'")
