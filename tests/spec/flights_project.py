"""The project of the design page, as users write it; type-checked with everything else."""

from modelwright import (
    Accelerator,  # noqa: F401  # the page imports it as well
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

lake = DataStore("lake", versioned=True, retention="365d")
features = FeatureStore(
    "features",
    store=lake,
    online=True,
    views=[
        FeatureView(
            "carrier",
            entity="carrier",
            timestamp="hour",
            source=lake / "features/carrier",
            ttl="7d",
            refresh="0 * * * *",
            features={"mean_delay_7d": "float64", "flights_7d": "int64"},
        ),
    ],
)
gpus = Cluster(
    "gpus", accelerator=["H100:8", "A100:8"], nodes=(0, 4), spot=True, priority="normal", max_hourly_cost=120.0
)  # tried in this order
train = TrainingJob(
    "train-delay",
    entrypoint="training.py:train",
    cluster=gpus,
    inputs={"flights": lake / "flights"},
    features=[features["carrier"]],
    hyperparameters={"max_iter": 200},
    timeout="2h",
    retries=2,
    checkpoint="10m",
    tuning=Tuning(
        objective="auc", direction="maximize", trials=20, parallel=4, space={"learning_rate": (0.01, 0.3, "log")}
    ),
)
models = ModelRegistry(
    "models",
    models=[
        Model(
            "delay",
            training=train,
            evaluation=lake / "flights",
            holdout="day_of_year % 5 == 0",
            label="late",
            block="day",
            gates={
                "dev": [Metric("auc") >= 0.65],
                "staging": [Metric("auc") >= 0.65, Passes(Quality())],
                "prod": [
                    Metric("auc").beats("champion", by=0.005, confidence=0.95),
                    Soak("24h", as_="challenger"),
                    Approval(role="reviewer", not_author=True),
                ],
            },
        ),
    ],
)
api = Endpoint(
    "delay-api",
    serves="delay@champion",
    shadow="delay@challenger",
    instances=(1, 4),
    autoscale=Autoscale(requests_per_second=200),
    rollout=Canary(
        steps=[10, 50], bake="10m", min_requests=200, rollback_when=["error_rate > 0.01", "p99_ms > 3 * stable"]
    ),
    capture=0.2,
    keys=["flight_id"],
    event_time="scheduled",
    event_time_tolerance="1d",
    guardrails=[
        Guardrail.range("distance", 0, 6000, action="flag"),
        Guardrail.confidence(below=0.55, action="abstain"),
    ],
)
watch = Monitor(
    "delay-watch",
    endpoint=api,
    schedule="0 * * * *",
    window="7d",
    alerts=[Email("ml@acme.test"), Webhook(Secret("slack-hook"))],
    checks=[
        Drift(method="psi", columns=["distance", "temp"], threshold="auto"),
        Quality(nulls=0.01, new_categories="warn"),
        Performance("auc", minimum=0.68, labels_within="3d", min_matched=0.8),
        Bias(group="carrier", metric="demographic_parity", threshold=0.1),
        Attribution(threshold=0.3),
    ],
    retrain=Retrain(train, on=["auc"], when="3 of 5", cooldown="24h", monthly_budget=200),
)

project = Project(
    "flights",
    [lake, features, gpus, train, models, api, watch],
    image=Image(),
    environments={
        "dev": Environment("local", settings={"accelerators": "ignore"}),
        "staging": Environment(
            "kubernetes",
            settings={
                "context": "staging",
                "namespace": "flights",
                "gateway": "infra/public",
                "registry": "registry.acme.test/flights",
                "s3": {"endpoint": "…", "bucket": "flights"},
            },
        ),
        "prod": Environment(
            "sagemaker",
            settings={"account": "111122223333", "region": "us-east-1"},
            overrides={"delay-api": {"instances": (2, 8)}},
            protect=True,
        ),
    },
    budget=Budget(monthly=3000, stop_at=1.2),
)
