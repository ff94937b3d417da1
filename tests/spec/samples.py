"""Specs that together rely on every feature there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from modelwright import (
    AllAtOnce,
    Approval,
    Attribution,
    Autoscale,
    Bias,
    Budget,
    Canary,
    Choice,
    Cluster,
    Cost,
    DataStore,
    Drift,
    Email,
    Endpoint,
    Environment,
    FeatureStore,
    FeatureView,
    Given,
    Guardrail,
    Image,
    Interval,
    Metric,
    Model,
    ModelRegistry,
    Monitor,
    Passes,
    Performance,
    Project,
    Quality,
    Retrain,
    Secret,
    Soak,
    TrainingJob,
    Tuning,
    Webhook,
)
from modelwright.spec.base import Resource

FLIGHTS = Path(__file__).with_name("flights_project.py")

SMALLEST = """\
from modelwright import Endpoint, Model, Project, TrainingJob

def train(context):
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    context.save(LogisticRegression(max_iter=5000).fit(X, y), sample=X[:5], reference=X, labels=y)

job = TrainingJob("hello", entrypoint="project.py:train")
project = Project("hello", [job, Model("hello", training=job), Endpoint("hello-api", serves="hello@champion")])
"""

LAKE = DataStore("lake", versioned=True, retention="365d", labels={"team": "ml"}, protect=True)
STORES = (
    LAKE,
    DataStore("tables", kind="table", adopt="warehouse-7"),
    DataStore("clicks", kind="stream"),
    DataStore("scratch", kind="volume", size="64GiB", renamed_from="tmp"),
    DataStore.existing("archive", uri="s3://archive/2013"),
)
FEATURES = FeatureStore(
    "features",
    store=LAKE,
    online=True,
    views=[
        FeatureView(
            "carrier",
            entity=["carrier", "origin"],
            timestamp="hour",
            source=LAKE / "features/carrier",
            ttl="7d",
            refresh="0 * * * *",
            features={"mean_delay": "float64", "flights": "int64"},
        )
    ],
)
CLUSTERS = (
    Cluster(
        "gpus",
        accelerator=["H100:8", "A100:8"],
        nodes=(0, 4),
        spot=True,
        priority="high",
        queue=True,
        warm="20m",
        max_hourly_cost=120.0,
    ),
    Cluster("reserved", nodes=2, reservation="block-1", cpus=8, memory="32GiB", disk="100GiB"),
)
TRAIN = TrainingJob(
    "train",
    entrypoint="code/training.py:train",
    cluster=CLUSTERS[0],
    inputs={"flights": LAKE / "flights"},
    features=[FEATURES["carrier"]],
    hyperparameters={"depth": 3, "layers": [64, 32], "bias": True, "name": None, "rate": 0.1},
    timeout="2h",
    retries=2,
    checkpoint="10m",
    nodes=2,
    processes=4,
    env={"TOKEN": Secret("hub-token"), "MODE": "fast", "SUBNET": Given("network.subnet")},
    image=Image(base="python:3.12", python="3.12", requirements=["numpy==2.1"]),
    allow_formats=["callable"],
    tuning=Tuning(
        objective="auc",
        trials=8,
        parallel=2,
        space={
            "rate": (0.01, 0.3, "log"),
            "depth": (1, 8),
            "kind": ["a", "b"],
            "x": Choice((1, 2)),
            "y": Interval(0, 1),
        },
    ),
)
REGISTRY = ModelRegistry(
    "models",
    models=[
        Model(
            "delay",
            training=TRAIN,
            evaluation=LAKE / "flights",
            holdout="day_of_year % 5 == 0",
            label="late",
            block="day",
            timestamp="scheduled",
            evaluation_window="28d",
            metrics=["log_loss"],
            gates={
                "dev": [Metric("auc") >= 0.65, Metric("log_loss") <= 0.7, Passes(Quality()), Cost(maximum=20)],
                "prod": [
                    Metric("auc").beats("champion", by=0.005),
                    Soak("24h", min_requests=1000),
                    Approval("reviewer", not_author=True),
                ],
            },
        )
    ],
)
ENDPOINTS = (
    Endpoint(
        "delay-api",
        serves={"delay@champion": 90, "delay@stable": 10},
        shadow="delay@challenger",
        mirror=0.5,
        instances=(0, 4),
        autoscale=Autoscale(requests_per_second=200),
        rollout=Canary(steps=[10, 50], bake="10m", min_requests=200, rollback_when=["p99_ms > 3 * stable"]),
        capture=0.2,
        keys=["flight_id"],
        event_time="scheduled",
        accelerator="L4:1",
        cpus=0.5,
        memory="2GiB",
        image=Image(),
        env={"TOKEN": Secret("hub-token")},
        guardrails=[
            Guardrail.range("distance", 0, 6000),
            Guardrail.category("carrier", action="fallback", to="delay:3"),
            Guardrail.missing("temp", action="override", value={"prediction": 0}),
            Guardrail.confidence(below=0.55, action="abstain"),
            Guardrail.category("origin", ["JFK", "LGA", "EWR"], action="reject"),
        ],
    ),
    Endpoint("quick", serves="delay@champion", mode="serverless", rollout=AllAtOnce()),
    Endpoint("later", serves="delay:7", mode="async", instances=(1, 3), autoscale=Autoscale(cpu=0.7)),
    Endpoint("busy", serves="delay:7", instances=(1, 3), autoscale=Autoscale(concurrency=8)),
    Endpoint(
        "scores",
        mode="batch",
        serves="delay@champion",
        source=LAKE / "customers",
        to=LAKE / "scores",
        schedule="0 3 1 * *",
        timezone="Europe/Berlin",
    ),
)
WATCH = Monitor(
    "delay-watch",
    endpoint=ENDPOINTS[0],
    window="7d",
    alerts=[Email("ml@acme.test"), Webhook(Secret("slack-hook"))],
    checks=[
        Drift(columns=["distance", "temp"]),
        Quality(nulls=0.01),
        Performance("auc", minimum=0.68, labels_within="3d", min_matched=0.8),
        Bias(group="carrier"),
        Attribution(),
    ],
    retrain=Retrain(TRAIN, on=["auc"], when="3 of 5", cooldown="24h", monthly_budget=200),
)


def everything() -> Project:
    """Return a project that relies on every feature."""
    return Project(
        "everything",
        list(parts()),
        image=Image(
            base="python:3.12",
            requirements="requirements.txt",
            exclude=["drafts/**"],
            env={"TOKEN": Secret("hub-token")},
        ),
        budget=Budget(monthly=3000, stop_at=1.2),
        environments={
            "dev": Environment("local", settings={"accelerators": "ignore"}),
            "prod": Environment(
                "elsewhere",
                settings={"subnets": Given("network.private_subnets"), "nested": {"list": [1, 2.5, None, True]}},
                overrides={"delay-api": {"instances": (2, 8)}},
                protect=True,
                private=True,
                encryption_key=Secret("key"),
                location="eu",
            ),
        },
    )


def parts() -> Iterator[Resource]:
    """Yield every resource."""
    yield from STORES
    yield FEATURES
    yield from CLUSTERS
    yield TRAIN
    yield REGISTRY
    yield from ENDPOINTS
    yield WATCH
