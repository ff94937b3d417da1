"""Small projects that tests write into a folder."""

from __future__ import annotations

from pathlib import Path

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
