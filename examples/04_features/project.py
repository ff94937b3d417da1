"""Features as they were known: a shop that predicts which orders will be sent back."""

from modelwright import (
    DataStore,
    Endpoint,
    Environment,
    FeatureStore,
    FeatureView,
    Model,
    ModelRegistry,
    Project,
    TrainingJob,
)

lake = DataStore("lake")
store = FeatureStore(
    "features",
    store=lake,
    online=True,
    views=[
        FeatureView(
            "customer",
            entity="customer",
            timestamp="day",
            source=lake / "features/customer",
            ttl="10d",
            features={"orders_30d": "int64", "refunds_30d": "int64"},
        ),
    ],
)
train = TrainingJob(
    "train-refund",
    entrypoint="training.py:train",
    inputs={"orders": lake / "orders"},
    features=[store["customer"]],
)
models = ModelRegistry("models", models=[Model("refund", training=train)])
api = Endpoint("refund-api", serves="refund@champion", keys=["order_id"])

project = Project("shop", [lake, store, train, models, api], environments={"dev": Environment("local")})
