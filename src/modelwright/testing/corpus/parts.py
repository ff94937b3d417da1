"""The smallest surroundings in which each kind can stand: nothing that the kind itself does not need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from modelwright.spec.accelerator import Accelerator
from modelwright.spec.base import Resource, Spec
from modelwright.spec.checks import Attribution, Drift, Quality
from modelwright.spec.cluster import Cluster
from modelwright.spec.data_store import DataStore
from modelwright.spec.endpoint import Autoscale, Endpoint
from modelwright.spec.feature_store import FeatureStore, FeatureView
from modelwright.spec.gates import Passes
from modelwright.spec.guardrail import Guardrail
from modelwright.spec.image import Image
from modelwright.spec.model_registry import Model, ModelRegistry
from modelwright.spec.monitor import Monitor, Retrain
from modelwright.spec.policy import Budget
from modelwright.spec.rollout import Canary
from modelwright.spec.training import TrainingJob
from modelwright.spec.tuning import Tuning
from modelwright.testing.corpus.edit import Fields, Parts, Place

VIEW: dict[str, Any] = {
    "name": "carrier",
    "entity": "carrier",
    "timestamp": "hour",
    "source": "lake/features/carrier",
    "features": {"mean_delay": "float64"},
}
CHAMPION = "delay@champion"
EVALUATED: dict[str, Any] = {"evaluation": "lake/flights", "label": "late"}


def lake(**fields: Any) -> DataStore:
    """Return a store of objects."""
    return DataStore(**{"name": "lake", **fields})


def job(**fields: Any) -> TrainingJob:
    """Return a training job with nothing but its code."""
    return TrainingJob(**{"name": "train", "entrypoint": "training.py:train", **fields})


def features(**fields: Any) -> FeatureStore:
    """Return a feature store with one view."""
    return FeatureStore(**{"name": "features", "store": "lake", "views": [FeatureView(**VIEW)], **fields})


def registry(**fields: Any) -> ModelRegistry:
    """Return a registry with one model."""
    return ModelRegistry("models", models=[Model(**{"name": "delay", **fields})])


def api(**fields: Any) -> Endpoint:
    """Return an endpoint that serves the model's champion."""
    return Endpoint(**{"name": "api", "serves": CHAMPION, **fields})


def data_store(fields: Fields | None) -> Parts:
    """Place a data store by itself."""
    return _list([] if fields is None else [lake(**fields)])


def read_store(fields: Fields | None) -> Parts:
    """Place a data store that a training job reads."""
    return _list([job()] if fields is None else [lake(**fields), job(inputs={"flights": "lake/flights"})])


def feature_store(fields: Fields | None) -> Parts:
    """Place a feature store over a data store."""
    return _list([lake()] if fields is None else [lake(), features(**fields)])


def feature_view(fields: Fields | None) -> Parts:
    """Place a view in a feature store that serves nothing online by itself."""
    return feature_store({"views": [FeatureView(**{**VIEW, **(fields or {})})]})


def joined_view(fields: Fields | None) -> Parts:
    """Place a view that a training job joins."""
    view = {**VIEW, **(fields or {})}
    joins = job(features=[f"features.{view['name']}"])
    return _list([lake(), features(views=[FeatureView(**view)]), joins])


def cluster(fields: Fields | None) -> Parts:
    """Place a cluster by itself: one machine that is always there, unless the fields say otherwise."""
    return _list([] if fields is None else [Cluster(**{"name": "machines", "nodes": 1, **fields})])


def used_cluster(fields: Fields | None) -> Parts:
    """Place a cluster that a training job runs on."""
    return _list([*cluster(fields)["resources"], job(cluster="machines" if fields is not None else None)])


def accelerator(fields: Fields | None) -> Parts:
    """Place an accelerator in a cluster."""
    return cluster({"accelerator": [Accelerator(**{"name": "L4", **(fields or {})})]})


def training(fields: Fields | None) -> Parts:
    """Place a training job by itself."""
    return _list([] if fields is None else [job(**fields)])


def tuning(fields: Fields | None) -> Parts:
    """Place a search in a training job."""
    whole = {"objective": "auc", "trials": 8, "space": {"rate": (0.01, 0.3)}, **(fields or {})}
    return training({"tuning": Tuning(**whole)})


def image(fields: Fields | None) -> Parts:
    """Place the project's image, with a job that runs in it."""
    return {**_list([job()]), **({} if fields is None else {"image": Image(**fields)})}


def image_of_job(fields: Fields | None) -> Parts:
    """Place an image of a job's own."""
    return training({} if fields is None else {"image": Image(**fields)})


def image_of_endpoint(fields: Fields | None) -> Parts:
    """Place an image of an endpoint's own."""
    return endpoint("realtime")({} if fields is None else {"image": Image(**fields)})


def model_registry(fields: Fields | None) -> Parts:
    """Place a registry by itself."""
    return _list([] if fields is None else [ModelRegistry(**{"name": "models", "models": [Model("delay")], **fields})])


def model(fields: Fields | None) -> Parts:
    """Place a model in a registry, beside the data that it may be judged on."""
    return _list([lake(), registry(**(fields or {}))])


def gate(kind: Callable[..., Spec]) -> Place:
    """Place a gate of a class in a model that is judged on rows."""

    def place(fields: Fields | None) -> Parts:
        gates = () if fields is None else (kind(**fields),)
        return {**model({**EVALUATED, "gates": gates}), "staging": True}

    return place


def passes(kind: Callable[..., Spec]) -> Place:
    """Place a check of a class in a gate."""

    def place(fields: Fields | None) -> Parts:
        gates = () if fields is None else (Passes(cast("Quality", kind(**fields))),)
        return model({**EVALUATED, "gates": gates})

    return place


def endpoint(mode: str) -> Place:
    """Place an endpoint of a mode in front of a model that nothing here trains."""

    def place(fields: Fields | None) -> Parts:
        if mode != "batch":
            return _list([registry(), *([] if fields is None else [api(**{"mode": mode, **fields})])])
        rows = {"mode": mode, "source": "lake/rows", "to": "lake/scores"}
        return _list([lake(), registry(), *([] if fields is None else [api(**{**rows, **fields})])])

    return place


def autoscale(fields: Fields | None) -> Parts:
    """Place what an endpoint's instances follow."""
    scale = {} if fields is None else {"autoscale": Autoscale(**fields)}
    return endpoint("realtime")({"instances": (2, 2) if fields is None else (2, 4), **scale})


def resting(fields: Fields | None) -> Parts:
    """Place what the instances follow of an endpoint that may have none."""
    return endpoint("realtime")({"instances": (0, 2), "autoscale": Autoscale(**{"cpu": 0.5, **(fields or {})})})


def canary(fields: Fields | None) -> Parts:
    """Place a rollout in steps."""
    return endpoint("realtime")({"rollout": Canary(**{"rollback_when": (), **(fields or {})})})


def guardrail(mode: str) -> Place:
    """Place a guardrail in an endpoint of a mode, beside one that has every plain part."""

    def place(fields: Fields | None) -> Parts:
        added = [] if fields is None else [Guardrail(**{"condition": "range", "column": "distance", **fields})]
        return endpoint(mode)({"guardrails": added})

    return place


def guarded(*others: Guardrail, mode: str = "realtime") -> Place:
    """Place a guardrail beside others."""

    def place(fields: Fields | None) -> Parts:
        added = [] if fields is None else [Guardrail(**{"condition": "range", "column": "distance", **fields})]
        return endpoint(mode)({"guardrails": [*others, *added]})

    return place


def monitor(fields: Fields | None) -> Parts:
    """Place a monitor over an endpoint that keeps requests."""
    whole = {"name": "watch", "endpoint": "api", "checks": [Drift()], **(fields or {})}
    watched = [registry(), api(capture=1.0, keys=["flight_id"])]
    return _list(watched if fields is None else [*watched, Monitor(**whole)])


def either_watched(fields: Fields | None) -> Parts:
    """Place a monitor beside two endpoints, either of which it may watch."""
    parts = monitor(fields)
    return {**parts, "resources": [api(name="other", capture=1.0, keys=["flight_id"]), *parts["resources"]]}


def checked(kind: Callable[..., Spec]) -> Place:
    """Place a check of a class in a monitor that has another already."""

    def place(fields: Fields | None) -> Parts:
        other = Attribution() if kind is not Attribution else Drift()
        return monitor({"checks": [other, *([] if fields is None else [kind(**fields)])]})

    return place


def alert(kind: Callable[..., Spec]) -> Place:
    """Place an alert of a class in a monitor."""
    return lambda fields: monitor({"alerts": [] if fields is None else [kind(**fields)]})


def retrain(fields: Fields | None) -> Parts:
    """Place what starts a job again, with two jobs to choose from."""
    rule = {} if fields is None else {"retrain": Retrain(**{"job": "train", "on": ["drift"], **fields})}
    parts = monitor({"checks": [Drift(), Quality()], **rule})
    return {**parts, "resources": [job(), job(name="train-other"), *parts["resources"]]}


def environment(fields: Fields | None) -> Parts:
    """Place an environment with a data store in it."""
    return {**_list([lake()]), "environment": dict(fields or {})}


def budget(fields: Fields | None) -> Parts:
    """Place a budget in a project with a job that costs something."""
    return {**_list([job()]), **({} if fields is None else {"budget": Budget(**{"monthly": 3000.0, **fields})})}


def whole(fields: Fields | None) -> Parts:
    """Place fields of the project itself, beside a data store."""
    return {**_list([lake()]), **(fields or {})}


def image_of_project(fields: Fields | None) -> Parts:
    """Place fields of the project itself, beside a training job."""
    return {**_list([job()]), **(fields or {})}


def _list(resources: list[Resource]) -> Parts:
    return {"resources": resources}
