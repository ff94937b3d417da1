"""How a run ended is said in the words of whoever ended it."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelwright.client import connect
from modelwright.errors import TrainingFailedError

PROJECT = """
import time

from modelwright import Model, Project, TrainingJob, Tuning


def endless(context):
    time.sleep(60)


def tuned(context):
    import numpy as np
    from sklearn.linear_model import Ridge

    rows = np.arange(20.0).reshape(-1, 1)
    context.log_metrics({"fit": -abs(context.hyperparameters["alpha"] - 2.0)})
    context.save(Ridge(alpha=context.hyperparameters["alpha"]).fit(rows, rows[:, 0]), sample=rows[:2], reference=rows)


slow = TrainingJob("slow", entrypoint="project.py:endless", timeout="1s")
space = {"alpha": [0.5, 2.0]}
search = TrainingJob("search", entrypoint="project.py:tuned", tuning=Tuning(objective="fit", trials=6, space=space))
project = Project("ends", [slow, search, Model("line", training=search)])
"""


def test_a_run_that_took_too_long_says_so_and_not_that_somebody_cancelled_it(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(PROJECT)
    client = connect(tmp_path / "project.py")
    client.up()
    with pytest.raises(TrainingFailedError, match="longer than its timeout of 1 s") as caught:
        client.train("slow").wait(timeout=60)
    assert "cancelled" not in str(caught.value)


def test_a_tuned_run_shows_the_hyperparameters_that_won(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(PROJECT)
    client = connect(tmp_path / "project.py")
    client.up()
    run = client.train("search").wait(timeout=60)
    assert run.to_dict()["hyperparameters"] == {"alpha": 2.0}
    assert run.metrics == {"fit": 0.0}
