"""The served project: a scaler and a logistic regression over twenty columns, the same model as the peers serve."""

from __future__ import annotations

from modelwright import Endpoint, Environment, Model, ModelRegistry, Project, TrainContext, TrainingJob


def train(context: TrainContext) -> None:
    """Fit the model and save it with a sample, its rows and their labels."""
    from serve_model import fitted

    model, rows, kinds = fitted()
    context.save(model, sample=rows[:5], reference=rows, labels=kinds)


job = TrainingJob("bench", entrypoint="project.py:train")
models = ModelRegistry("models", models=[Model("bench-model", training=job)])
api = Endpoint("api", serves="bench-model@champion")
project = Project("bench", [job, models, api], environments={"dev": Environment("local")})
