from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from tests.training.workshop import Workshop
from tests.waiting import eventually

PARABOLA = """
    import os

    def double(columns):
        return columns["x"] * 2.0

    def train(context):
        import numpy as np

        x = context.hyperparameters["x"]
        if x == context.hyperparameters.get("broken"):
            raise ValueError(f"{x} is broken")
        context.log_params({"process": os.getpid()})
        context.log_metrics({"score": -((x - 3) ** 2), "x": x})
        (context.model_dir.parent / "calls").open("a").write("1")
        context.save(double, sample={"x": np.array([float(x)])}, opt_in="callable")
"""
SLOW = """
    import time

    def double(columns):
        return columns["x"] * 2.0

    def train(context):
        import numpy as np

        number = int(context.model_dir.parent.name.removeprefix("trial-"))
        if number == 2 and not (context.model_dir.parent.parent / "resumed").exists():
            (context.model_dir.parent.parent / "hanging").touch()
            time.sleep(60)
        context.log_metrics({"score": float(number)})
        context.save(double, sample={"x": np.array([float(number)])}, opt_in="callable")
"""


def tuning(**changes: Any) -> dict[str, Any]:
    space = {"x": {"kind": "interval", "low": 0, "high": 9, "log": False, "integer": True}}
    document = {"objective": "score", "direction": "maximize", "trials": 6, "parallel": 1, "space": space}
    return {**document, "method": "random", **changes}


def sample_of(workshop: Workshop, run: str = "job-1") -> float:
    manifest = json.loads((workshop.control / f"runs/{run}/model/manifest.json").read_text())
    return float(manifest["sample"]["inputs"][0]["x"])


@pytest.mark.parametrize(("direction", "best"), [("maximize", max), ("minimize", min)])
def test_the_best_trials_model_is_the_runs_model(workshop: Workshop, direction: str, best: Any) -> None:
    workshop.code(PARABOLA)

    ended = workshop.train(workshop.config(tuning=tuning(direction=direction), hyperparameters={"fixed": 1}))

    result = workshop.result()
    assert ended.status == 0, ended.output
    trials = result["trials"]
    winner = next(t for t in trials if t["value"] == best(t["value"] for t in trials))
    assert [t["number"] for t in trials] == list(range(6))
    assert {t["state"] for t in trials} == {"succeeded"}
    assert all(t["value"] == -((t["hyperparameters"]["x"] - 3) ** 2) for t in trials)
    assert result["hyperparameters"] == winner["hyperparameters"]
    assert result["hyperparameters"]["fixed"] == 1
    assert result["metrics"]["score"] == winner["value"]
    assert sample_of(workshop) == winner["hyperparameters"]["x"]


def test_trials_that_fail_are_recorded_and_the_others_go_on(workshop: Workshop) -> None:
    workshop.code(PARABOLA)
    space = {"x": {"kind": "choice", "values": [1, 2]}}

    workshop.train(workshop.config(tuning=tuning(space=space, trials=8), hyperparameters={"broken": 2}))

    result = workshop.result()
    failed = [t for t in result["trials"] if t["state"] == "failed"]
    assert result["status"] == "succeeded"
    assert {t["hyperparameters"]["x"] for t in failed} == {2}
    assert failed[0]["error"]["message"] == "2 is broken"
    assert sample_of(workshop) == 1.0


def test_a_search_of_which_no_trial_succeeds_fails_with_the_first_reason(workshop: Workshop) -> None:
    workshop.code(PARABOLA)

    ended = workshop.train(workshop.config(tuning=tuning(objective="auc", trials=2)))

    error = workshop.result()["error"]
    assert ended.status == 1
    assert "none of 2 trials succeeded" in error["message"]
    assert "no finite metric 'auc'; logged: score, x" in error["message"]


def test_trials_run_side_by_side_in_processes_of_their_own(workshop: Workshop) -> None:
    workshop.code(PARABOLA)

    ended = workshop.train(workshop.config(tuning=tuning(parallel=2, trials=4)))

    result = workshop.result()
    assert ended.status == 0, ended.output
    assert len(result["trials"]) == 4
    assert sample_of(workshop) == result["hyperparameters"]["x"]
    one_by_one = workshop.train(workshop.config("job-2", tuning=tuning(trials=4)))
    assert one_by_one.status == 0
    drawn = [t["hyperparameters"] for t in workshop.result("job-2")["trials"]]
    assert [t["hyperparameters"] for t in result["trials"]] == drawn


def test_a_worker_that_dies_loses_its_trial_only(workshop: Workshop) -> None:
    workshop.code(PARABOLA.replace("context.log_params", "x == 0 and os._exit(9); context.log_params"))
    space = {"x": {"kind": "choice", "values": [0, 3]}}

    workshop.train(workshop.config(tuning=tuning(space=space, parallel=2, trials=8)))

    result = workshop.result()
    states = {t["hyperparameters"]["x"]: t["state"] for t in result["trials"]}
    assert result["status"] == "succeeded", result["error"]
    assert states == {0: "failed", 3: "succeeded"}


def test_a_search_that_was_killed_goes_on_with_the_trials_that_are_missing(workshop: Workshop) -> None:
    workshop.code(SLOW)
    config = workshop.config(tuning=tuning(trials=4, method="auto"))
    file = workshop.root / "killed.json"
    file.write_text(json.dumps(config))
    process = subprocess.Popen(
        [sys.executable, "-m", "modelwright.workload", "train", "--config", str(file)], stdout=subprocess.DEVNULL
    )
    work = workshop.control / "runs/job-1/work"
    eventually((work / "hanging").exists)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = [json.loads(line) for line in (work / "trials.jsonl").read_text().splitlines()]
    (work / "resumed").touch()

    ended = workshop.train(config)

    trials = workshop.result()["trials"]
    assert ended.status == 0, ended.output
    assert "trial 1 of 4" not in ended.output
    assert [t["value"] for t in trials] == [0.0, 1.0, 2.0, 3.0]
    assert [t["hyperparameters"] for t in trials[:2]] == [t["hyperparameters"] for t in before]
    assert sample_of(workshop) == 3.0


def test_a_retry_tries_again_where_every_trial_failed(workshop: Workshop) -> None:
    workshop.code(PARABOLA.replace("x = context", "open('lake').close(); x = context"))
    config = workshop.config(tuning=tuning(trials=2, method="auto"))
    assert workshop.train(config).status == 1

    (workshop.project / "lake").touch()
    ended = workshop.train(config)

    assert ended.status == 0, ended.output
    assert [t["state"] for t in workshop.result()["trials"]] == ["succeeded", "succeeded"]


def test_a_search_that_is_out_of_time_starts_no_more_trials(workshop: Workshop) -> None:
    workshop.code(PARABOLA)

    workshop.train(workshop.config(tuning=tuning(timeout=0.0)))

    assert [t["state"] for t in workshop.result()["trials"]] == ["succeeded"]


def test_a_trial_behind_the_leader_writes_no_model_unless_it_gets_better(workshop: Workshop) -> None:
    workshop.code("""
        def double(columns):
            return columns["x"] * 2.0

        def train(context):
            import numpy as np

            number = int(context.model_dir.parent.name.removeprefix("trial-"))
            early, late = [(5.0, 5.0), (1.0, 1.0), (1.0, 9.0)][number]
            context.log_metrics({"score": early})
            context.save(double, sample={"x": np.array([float(number)])}, opt_in="callable")
            context.log_params({"wrote": (context.model_dir / "manifest.json").exists()})
            context.log_metrics({"score": late})
    """)

    workshop.train(workshop.config(tuning=tuning(trials=3)))

    assert [t["value"] for t in workshop.result()["trials"]] == [5.0, 1.0, 9.0]
    assert workshop.result()["params"] == {"wrote": False}
    assert sample_of(workshop) == 2.0
