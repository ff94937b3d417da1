"""The project on which a driver is tried: jobs that succeed, fail and never end, and what an adapter can do besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelwright.contract.support import Answer
from modelwright.spec.base import Resource
from modelwright.spec.data_store import DataStore
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.environment import Environment
from modelwright.spec.feature_store import FeatureStore, FeatureView
from modelwright.spec.model_registry import Model, ModelRegistry
from modelwright.spec.project import Project
from modelwright.spec.training import TrainingJob

ENVIRONMENT = "dev"
ENDPOINT = "api"
STORE = "features"
VIEW = "carrier"
MARKER = "the job has begun"
COMPLAINT = "no such column: distance"
CODE = f"""
import time

import numpy as np
from sklearn.linear_model import LinearRegression


def learn(context):
    print("{MARKER}", flush=True)
    x = np.arange(20.0)
    model = LinearRegression().fit(x.reshape(-1, 1), 2.0 * x)
    context.save(model, sample={{"x": x[:3]}}, reference={{"x": x}}, labels=2.0 * x)


def fail(context):
    print("{MARKER}", flush=True)
    raise ValueError("{COMPLAINT}")


def wait(context):
    print("{MARKER}", flush=True)
    time.sleep(3600)
"""
"""The project's `training.py`: a model that doubles, an error, and an hour."""


def project(adapter: str, settings: Mapping[str, Any], answers: Mapping[str, Answer]) -> Project:
    """Return the project, with those parts that the adapter supports."""
    environments = {ENVIRONMENT: Environment(adapter, settings=dict(settings))}
    return Project("driver-kit", list(_resources(answers)), environments=environments)


def _resources(answers: Mapping[str, Answer]) -> Iterator[Resource]:
    def works(*features: str) -> bool:
        return all(answers[feature].works for feature in features)

    if works("data_store.kind.object"):
        yield DataStore("lake")
    if works("training"):
        yield from (
            TrainingJob(name, entrypoint=f"training.py:{name}", timeout="1h") for name in ("learn", "fail", "wait")
        )
    if works("training", "model_registry", "endpoint.mode.realtime", "endpoint.capture"):
        yield ModelRegistry("models", models=[Model("double", training="learn")])
        yield Endpoint(ENDPOINT, serves="double@champion", capture=1.0, keys=["x"])
    if works("data_store.kind.object", "feature_store.online", "feature_store.offline"):
        view = FeatureView(
            VIEW, entity="carrier", timestamp="hour", source="lake/carrier", features={"delay": "float64"}
        )
        yield FeatureStore(STORE, store="lake", online=True, views=[view])
