"""A project on a shared folder: one store, one job."""

from modelwright import DataStore, Environment, Project, TrainContext, TrainingJob


def train(context: TrainContext) -> None:
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    rows, kinds = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=500).fit(rows, kinds)
    context.log_metrics({"accuracy": float(model.score(rows, kinds))})
    context.save(model, sample=rows[:5], reference=rows, labels=kinds)


lake = DataStore("lake")
job = TrainingJob("learn", entrypoint="project.py:train")
project = Project("on-a-spool", [lake, job], environments={"dev": Environment("spool", settings={"folder": "spool"})})
