"""The project of the specification page, and variations of it."""

from __future__ import annotations

from typing import Any

from modelwright import (
    Approval,
    Attribution,
    Autoscale,
    Bias,
    Budget,
    Canary,
    Cluster,
    DataStore,
    Drift,
    Email,
    Endpoint,
    Environment,
    FeatureStore,
    FeatureView,
    Guardrail,
    Image,
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

DEV = {"dev": Environment("local", settings={"accelerators": "ignore"})}


def flights(*more: Resource, environments: dict[str, Environment] | None = None, **changed: Any) -> Project:
    """Return the project; `endpoint`, `training`, `monitor`, `lake`, `features` change fields of these."""
    lake = DataStore("lake", **{"versioned": True, "retention": "365d", **changed.get("lake", {})})
    view = FeatureView(
        "carrier",
        entity="carrier",
        timestamp="hour",
        source=lake / "features/carrier",
        ttl="7d",
        refresh="0 * * * *",
        features={"mean_delay_7d": "float64", "flights_7d": "int64"},
    )
    features = FeatureStore(
        "features", **{"store": lake, "online": True, "views": [view], **changed.get("features", {})}
    )
    gpus = Cluster("gpus", accelerator=["H100:8", "A100:8"], nodes=(0, 4), spot=True, max_hourly_cost=120.0)
    train = TrainingJob(
        "train-delay",
        **{
            "entrypoint": "training.py:train",
            "cluster": gpus,
            "inputs": {"flights": lake / "flights"},
            "features": [features["carrier"]],
            "hyperparameters": {"max_iter": 200},
            "timeout": "2h",
            "retries": 2,
            "checkpoint": "10m",
            "tuning": Tuning(objective="auc", trials=20, parallel=4, space={"learning_rate": (0.01, 0.3, "log")}),
            **changed.get("training", {}),
        },
    )
    dev: list[Any] = [
        Metric("auc") >= 0.65,
        Metric("auc").beats("champion", by=0.005, confidence=0.95),
        Passes(Quality()),
    ]
    prod: list[Any] = [Soak("24h", as_="challenger"), Approval("reviewer", not_author=True)]
    model = Model(
        "delay",
        training=train,
        evaluation=lake / "flights",
        holdout="day_of_year % 5 == 0",
        label="late",
        block="day",
        timestamp="scheduled",
        gates={"dev": dev, **({"prod": prod} if environments and "prod" in environments else {})},
    )
    api = Endpoint(
        "delay-api",
        **{
            "serves": "delay@champion",
            "shadow": "delay@challenger",
            "instances": (1, 4),
            "autoscale": Autoscale(requests_per_second=200),
            "rollout": Canary(steps=[10, 50], bake="10m", min_requests=200, rollback_when=["p99_ms > 3 * stable"]),
            "capture": 0.2,
            "keys": ["flight_id"],
            "event_time": "scheduled",
            "guardrails": [
                Guardrail.range("distance", 0, 6000, action="flag"),
                Guardrail.confidence(below=0.55, action="abstain"),
            ],
            **changed.get("endpoint", {}),
        },
    )
    watch = Monitor(
        "delay-watch",
        **{
            "endpoint": api,
            "schedule": "0 * * * *",
            "window": "7d",
            "alerts": [Email("ml@acme.test"), Webhook(Secret("slack-hook"))],
            "checks": [
                Drift(method="psi", columns=["distance", "temp"]),
                Quality(nulls=0.01),
                Performance("auc", minimum=0.68, labels_within="3d", min_matched=0.8),
                Bias(group="carrier", threshold=0.1),
                Attribution(threshold=0.3),
            ],
            "retrain": Retrain(train, on=["auc"], when="3 of 5", cooldown="24h", monthly_budget=200),
            **changed.get("monitor", {}),
        },
    )
    registry = ModelRegistry("models", models=[model])
    parts = [lake, features, gpus, train, registry, api, watch, *more]
    return Project("flights", parts, image=Image(), environments=environments or DEV, budget=Budget(monthly=3000))
