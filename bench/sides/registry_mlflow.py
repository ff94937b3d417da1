"""Register versions with MLflow, set an alias, look it up and list the versions: its SQLite registry, in process.

Arguments: folder (made here), versions. It keeps no history of where an alias pointed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from mlflow import MlflowClient


def main() -> None:
    """Register and alias each run's model, then read the champion and the versions."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    (folder / "artifacts").mkdir(parents=True)
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db", f"sqlite:///{folder}/mlflow.db")
    experiment = client.create_experiment("bench", artifact_location=(folder / "artifacts").as_uri())
    client.create_registered_model("iris")
    runs = [client.create_run(experiment).info for _ in range(given["versions"])]
    start = time.perf_counter()
    for run in runs:
        version = client.create_model_version("iris", f"{run.artifact_uri}/model", run_id=run.run_id)
        client.set_registered_model_alias("iris", "champion", version.version)
    decided = time.perf_counter()
    champion = int(client.get_model_version_by_alias("iris", "champion").version)
    known = client.search_model_versions("name='iris'", max_results=given["versions"] + 1)
    read = time.perf_counter()
    each = (decided - start) / len(runs)
    print(json.dumps({"each": each, "history": read - decided, "champion": champion, "versions": len(known)}))


if __name__ == "__main__":
    main()
