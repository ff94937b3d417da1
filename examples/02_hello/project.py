from modelwright import Endpoint, Environment, Model, ModelRegistry, Project, TrainingJob


def train(context):
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    rows, kinds = load_iris(return_X_y=True)
    context.save(LogisticRegression(max_iter=500).fit(rows, kinds), sample=rows[:5], reference=rows, labels=kinds)


job = TrainingJob("hello", entrypoint="project.py:train")
models = ModelRegistry("models", models=[Model("iris", training=job)])
api = Endpoint("hello-api", serves="iris@champion")
project = Project("hello-world", [job, models, api], environments={"dev": Environment("local")})
