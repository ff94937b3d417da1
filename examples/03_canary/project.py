"""An endpoint that lets no version take all traffic at once, and a training job that forgets one clinic in twenty."""

from modelwright import Canary, Endpoint, Environment, Metric, Model, ModelRegistry, Project, TrainingJob

train = TrainingJob("train-biopsy", entrypoint="training.py:train")
careless = TrainingJob("train-careless", entrypoint="training.py:train_careless")
models = ModelRegistry(
    "models",
    models=[Model("biopsy", training=train, gates=[Metric("accuracy") >= 0.85, Metric("clinics") >= 20])],
)
api = Endpoint(
    "biopsy-api",
    serves="biopsy@champion",
    rollout=Canary(steps=[10, 50], bake="2s", min_requests=100, rollback_when=["error_rate > 0.01"]),
)

project = Project("clinics", [train, careless, models, api], environments={"dev": Environment("local")})
