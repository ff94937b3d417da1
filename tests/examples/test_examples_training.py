"""The examples' training code, run as the workload that every platform runs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from modelwright import FeatureStore, Project, TrainingJob, load_project
from modelwright.canonical import canonical
from modelwright.workload.model_folder import LoadedModel, load_model

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*arguments: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-B", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def views_of(project: Project, lake: Path) -> list[dict[str, Any]]:
    """Return the views of the project's feature store as a workload's config holds them."""
    found = []
    stores = [item for item in project.resources if isinstance(item, FeatureStore)]
    for store, view in [(each, view) for each in stores for view in each.views]:
        shape = {"entity": list(view.entity), "timestamp": view.timestamp, "features": dict(view.features)}
        found.append(
            {
                **shape,
                "name": view.name,
                "store": store.name,
                "created": "created_time",
                "ttl": view.ttl.seconds if view.ttl else None,
                "schema": hashlib.sha256(canonical(shape)).hexdigest()[:8],
                "source": (lake / "features" / view.name).as_uri(),
                "online": False,
            }
        )
    return found


def job_of(project: Project, name: str) -> TrainingJob:
    return next(item for item in project.resources if isinstance(item, TrainingJob) and item.name == name)


def train(folder: Path, example: str, job: str, now: str, **changes: Any) -> tuple[dict[str, Any], Path]:
    """Materialise the example's views and train its job; return the run's result and model folder."""
    lake, control = folder / "lake", folder / "control"
    project = load_project(EXAMPLES / example / "project.py")
    declared = job_of(project, job)
    views = [view for view in views_of(project, lake) if declared.features]
    for view in views:
        document = {"schema": "modelwright.materialise/1", "view": view, "offline": (folder / "data").as_uri()}
        workload(folder, "materialise", {**document, "online": None, "now": now})
    config = {
        "schema": "modelwright.train/1",
        "job": job,
        "run": f"{job}-1",
        "entrypoint": str(declared.entrypoint),
        "root": (EXAMPLES / example).as_uri(),
        "inputs": {name: {"uri": (lake / name).as_uri()} for name in declared.inputs},
        "features": {"offline": (folder / "data").as_uri(), "views": views} if views else None,
        "hyperparameters": dict(declared.hyperparameters),
        "output": control.as_uri(),
        "now": now,
    }
    workload(folder, "train", {**config, **changes})
    result: dict[str, Any] = json.loads((control / f"runs/{job}-1/result.json").read_text())
    return result, control / f"runs/{job}-1/model"


def workload(folder: Path, verb: str, config: dict[str, Any]) -> None:
    file = folder / f"{verb}.json"
    file.write_text(json.dumps(config))
    run("-m", "modelwright.workload", verb, "--config", str(file))


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flights")
    run(str(EXAMPLES / "01_flights/prepare.py"), str(folder / "lake"), "2013-01-01", "2013-03-01")
    return folder


HOLDOUT = {"input": "flights", "where": "day_of_year % 5 == 0", "block": "date"}
PARAMETERS = {"max_iter": 100, "max_leaf_nodes": 15, "learning_rate": 0.045, "min_samples_leaf": 200}


def plain(values: Any) -> np.ndarray[Any, Any]:
    """Return a column without a mask, NaN where it had no number."""
    masked = isinstance(values, np.ma.MaskedArray) and values.dtype.kind in "if"
    return np.asarray(values.astype(np.float64).filled(np.nan) if masked else values)


def held_out(folder: Path, model: LoadedModel) -> tuple[np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]:
    """Return labels and inputs of the held-out rows, features joined by a query of this test's own."""
    duckdb.execute("SET TimeZone = 'UTC'")
    found = duckdb.execute(f"""
        SELECT flights.*, seen.mean_delay_7d, seen.flights_7d
        FROM read_parquet('{folder}/lake/flights/*/*.parquet') AS flights
        ASOF LEFT JOIN read_parquet('{folder}/lake/features/carrier/*.parquet') AS seen
        ON flights.carrier = seen.carrier AND flights.scheduled >= seen.created_time
        WHERE day_of_year % 5 = 0
    """).fetchnumpy()
    columns = {name: plain(found[name]) for name in model.signature.names}
    return plain(found["late"]), columns


def test_the_flights_model_ranks_whole_days_that_it_never_saw(flights: Path) -> None:
    result, folder = train(
        flights,
        "01_flights",
        "train-delay",
        "2013-03-01T05:00:00Z",
        holdout=HOLDOUT,
        hyperparameters=PARAMETERS,
    )
    model = load_model(folder, result["model"])
    late, inputs = held_out(flights, model)

    assert 0.69 < roc_auc_score(late, model.predict(inputs).score) < 0.75
    days = result["inputs"]["flights"]["blocks"]
    assert (days[0], len(days)) == ("2013-01-01", len(set(days)))
    assert "2013-01-05" not in days  # the fifth day of the year
    use = result["feature_use"]
    assert [(entry["view"], entry["columns"]) for entry in use] == [("carrier", ["mean_delay_7d", "flights_7d"])]
    # Weather stations have gaps all year: a model that took none would refuse a request of March.
    assert {column.name for column in model.signature.inputs if column.nullable} >= {"temp", "precip", "visib"}


def test_the_fragile_model_answers_all_but_one_carrier(flights: Path) -> None:
    parameters = {**PARAMETERS, "max_iter": 10}
    result, folder = train(
        flights,
        "01_flights",
        "train-fragile",
        "2013-03-01T05:00:00Z",
        holdout=HOLDOUT,
        hyperparameters=parameters,
    )
    model = load_model(folder, result["model"])
    _, inputs = held_out(flights, model)
    fails = inputs["carrier"] == "9E"
    rare = inputs["carrier"] == "OO"  # flies once in a month, so perhaps never on a day that was trained on

    assert 0.03 < fails.mean() < 0.08
    assert (
        len(model.predict({name: values[~fails & ~rare] for name, values in inputs.items()})) == (~fails & ~rare).sum()
    )
    with pytest.raises(ValueError, match="9E"):
        model.predict({name: values[fails][:1] for name, values in inputs.items()})


def test_hindsight_flatters_and_the_join_as_known_does_not(tmp_path: Path) -> None:
    run(str(EXAMPLES / "04_features/prepare.py"), str(tmp_path / "lake"), "2026-05-01")
    result, folder = train(tmp_path, "04_features", "train-refund", "2026-05-01T00:00:00Z")

    assert 0.80 < result["metrics"]["auc"] < 0.85
    assert result["metrics"]["auc_in_hindsight"] > result["metrics"]["auc"] + 0.03
    assert load_model(folder, result["model"]).signature.names == ("amount", "orders_30d", "refunds_30d")


def test_the_smallest_project_trains_and_is_at_most_15_lines(tmp_path: Path) -> None:
    result, folder = train(tmp_path, "02_hello", "hello", "2026-06-01T00:00:00Z")

    assert len((EXAMPLES / "02_hello/project.py").read_text().splitlines()) <= 15
    assert load_model(folder, result["model"]).signature.classes == (0, 1, 2)
