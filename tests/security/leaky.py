"""A project that has a secret in every field that can hold one, and code that does its best to give them away."""

from __future__ import annotations

from pathlib import Path

PROJECT = """
from modelwright import (
    DataStore, Drift, Endpoint, Environment, Guardrail, Image, Model, ModelRegistry, Monitor, Project, Secret,
    TrainingJob, Webhook,
)

env = {"TRAIN_KEY": Secret("train"), "MODE": "loud"}


def job(name, function):
    return TrainingJob(name, entrypoint=f"training.py:{function}", env=env, allow_formats=["callable"])


lake = DataStore("lake")
jobs = [job("train-good", "good"), job("train-raises", "raises"), job("train-dies", "dies"), job("train-odd", "odd")]
models = ModelRegistry("models", models=[Model("leaky", training=jobs[0]), Model("odd", training=jobs[3])])
api = Endpoint("api", serves="leaky@champion", capture=1.0, keys=["id"], env={"SERVE_KEY": Secret("serve")},
               guardrails=[Guardrail.range("x", 0, 1000, action="reject")])
bad = Endpoint("bad", serves="odd@champion", env={"SERVE_KEY": Secret("serve")})
watch = Monitor("watch", endpoint=api, schedule="0 * * * *", window="1d", checks=[Drift(columns=["x"])],
                alerts=[Webhook(Secret("hook"))])
project = Project(
    "leaky", [lake, *jobs, models, api, bad, watch], image=Image(env={"IMAGE_KEY": Secret("image")}),
    environments={"dev": Environment("local"),
                  "prod": Environment("local", encryption_key=Secret("key"), settings={"account": Secret("key")})},
)
"""

TRAINING = """
import os, sys

import numpy

KEY = os.environ.get("TRAIN_KEY", "")


def good(context):
    import model
    context.log_params({"connected_to": f"db://me:{KEY}@host"})
    context.save(model.predict, opt_in="callable", sample={"id": numpy.arange(3), "x": numpy.arange(3.0)})


def odd(context):
    import odd
    context.save(odd.predict, opt_in="callable", sample={"x": numpy.arange(3.0)})


def raises(context):
    def connect(address):
        raise ConnectionError(f"cannot reach {address!r} with {os.environ['IMAGE_KEY']}")
    try:
        connect(f"db://me:{KEY}@host")
    except ConnectionError as error:
        raise RuntimeError(f"no data: {error}") from error


def dies(context):
    print(f"using {KEY}", flush=True)
    sys.stderr.write(f"Fatal: {KEY} is not accepted\\n")
    sys.stderr.flush()
    os._exit(3)
"""

MODEL = """
import os


def predict(columns):
    if (columns["x"] == 500).any():
        raise ValueError(f"500 is too much for {os.environ['SERVE_KEY']} and {os.environ['IMAGE_KEY']}")
    return columns["x"] * 2
"""

ODD = """
import os

if "SERVE_KEY" in os.environ:
    raise OSError(f"cannot log in with {os.environ['SERVE_KEY']}")


def predict(columns):
    return columns["x"]
"""


def write_leaky(folder: Path) -> Path:
    """Write the project into a folder and return it."""
    folder.mkdir(parents=True)
    for name, text in (("project", PROJECT), ("training", TRAINING), ("model", MODEL), ("odd", ODD)):
        (folder / f"{name}.py").write_text(text)
    return folder
