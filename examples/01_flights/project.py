"""The flights project: will a departure from New York arrive more than 15 minutes late?"""

from modelwright import (
    Canary,
    DataStore,
    Drift,
    Endpoint,
    Environment,
    FeatureStore,
    FeatureView,
    Metric,
    Model,
    ModelRegistry,
    Monitor,
    Performance,
    Project,
    Quality,
    Retrain,
    Soak,
    TrainingJob,
    Tuning,
)

lake = DataStore("lake")
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
            refresh="0 5 * * *",  # after midnight in New York, before the day's first departure
            features={"mean_delay_7d": "float64", "flights_7d": "int64"},
        ),
    ],
)

train = TrainingJob(
    "train-delay",
    entrypoint="training.py:train",
    inputs={"flights": lake / "flights"},
    features=[features["carrier"]],
    hyperparameters={"max_iter": 100, "max_leaf_nodes": 15},
    tuning=Tuning(
        objective="auc",
        direction="maximize",
        trials=3,
        method="random",
        space={"learning_rate": (0.035, 0.05, "log"), "min_samples_leaf": (150, 250)},
    ),
    timeout="10m",
    retries=1,
    env={"OMP_NUM_THREADS": "1"},  # on few cores that serve as well, threads that wait for one another cost more
)
fragile = TrainingJob(
    "train-fragile",
    entrypoint="training.py:train_fragile",
    inputs={"flights": lake / "flights"},
    features=[features["carrier"]],
    hyperparameters={"max_iter": 50, "max_leaf_nodes": 15},
    timeout="10m",
    env={"OMP_NUM_THREADS": "1"},
)

models = ModelRegistry(
    "models",
    models=[
        Model(
            "delay",
            training=train,
            evaluation=lake / "flights",
            holdout="day_of_year % 5 == 0",
            block="date",  # of New York, as day_of_year is
            label="late",
            timestamp="scheduled",
            evaluation_window="45d",
            gates={
                "dev": [
                    Metric("auc") >= 0.65,
                    Metric("auc").beats("champion", by=0.005, confidence=0.95),
                    Soak("1d", as_="challenger"),
                ],
            },
        ),
    ],
)

api = Endpoint(
    "delay-api",
    serves="delay@champion",
    shadow="delay@challenger",
    rollout=Canary(steps=[10, 50], bake="12h", min_requests=10, rollback_when=["error_rate > 0.01"]),
    keys=["flight_id"],
    event_time="scheduled",
    event_time_tolerance="1d",
    capture=1.0,
)

watch = Monitor(
    "delay-watch",
    endpoint=api,
    schedule="0 * * * *",
    window="7d",
    min_rows=4000,  # a week has some 6,500 departures: half a week is no week
    checks=[
        Drift(
            method="psi",
            columns=["hour", "distance", "temp", "wind_speed", "mean_delay_7d"],
            threshold="auto",
            least=0.1,  # below that, a PSI is commonly called no change (Siddiqi 2006), however alike all weeks were
        ),
        Performance("auc", minimum=0.685, labels_within="3d", min_matched=0.8),
        Quality(nulls=0.05, new_categories="warn"),
    ],
    retrain=Retrain(train, on=["auc"], when="3 of 5", cooldown="14d", monthly_budget=50),
)

project = Project(
    "flights",
    [lake, features, train, fragile, models, api, watch],
    environments={"dev": Environment("local")},
)
