"""Register, promote and look up versions with modelwright: files verified, every decision an event that is synced.

Arguments: folder (made here), versions. The runs whose models are registered are made before the clock runs.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from modelwright import connect
from modelwright.canonical import canonical, digest

PROJECT = """
from modelwright import Environment, Model, ModelRegistry, Project, TrainingJob

def train(context):
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    rows, kinds = load_iris(return_X_y=True)
    context.save(LogisticRegression(max_iter=500).fit(rows, kinds), sample=rows[:5])

job = TrainingJob("bench", entrypoint="project.py:train")
models = ModelRegistry("models", models=[Model("iris", training=job)])
project = Project("bench", [job, models], environments={"dev": Environment("local")})
"""


def prepared(folder: Path, versions: int) -> tuple[Any, list[str]]:
    """Return a client of an applied project, and the names of runs that have a model each."""
    folder.mkdir(parents=True)
    (folder / "project.py").write_text(PROJECT)
    client = connect(folder / "project.py")
    client.up()
    client.train("bench").wait()
    control = folder / ".modelwright" / "dev" / "control"
    stream, runs = client.ledger.stream("training/bench"), []
    for number in range(2, versions + 2):
        run = f"bench-{number}"
        target = control / "runs" / run
        shutil.copytree(control / "runs" / "bench-1", target)
        manifest = json.loads((target / "model" / "manifest.json").read_bytes()) | {"run": run}
        (target / "model" / "manifest.json").write_bytes(data := canonical(manifest))
        model = digest(data)
        result = json.loads((target / "result.json").read_bytes()) | {"run": run, "model": model}
        (target / "result.json").write_bytes(canonical(result))
        queued = {"run": run, "hyperparameters": {}, "origin": "person", "data": ""}
        done = {"run": run, "status": "succeeded", "metrics": {"auc": 0.8}, "model": model, "error": None}
        for kind, body in (("run.queued", queued), ("run.started", {"run": run}), ("run.finished", done)):
            stream.append(kind, body, key=f"{kind}/{run}")
        runs.append(run)
    return client, runs


def main() -> None:
    """Register and promote each run's model, then read the champion and the history."""
    given = json.loads(sys.argv[1])
    client, runs = prepared(Path(given["folder"]), given["versions"])
    start = time.perf_counter()
    for run in runs:
        client.promote(client.register(run)).wait()
    decided = time.perf_counter()
    champion = client.version("iris@champion").number
    moves = [event for event in client.ledger.stream("model/iris").events() if event.kind == "alias.set"]
    read = time.perf_counter()
    each = (decided - start) / len(runs)
    print(json.dumps({"each": each, "history": read - decided, "champion": champion, "moves": len(moves)}))


if __name__ == "__main__":
    main()
