"""`modelwright adapters`: what is installed, what it can do, what a move would cost; other people's adapters too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.shells import call
from tests.conformance import liars, wheels

from modelwright.spec.feature import FEATURES

PROJECT = """
from modelwright import DataStore, Environment, Project, TrainingJob

lake = DataStore("lake", retention="30d")
job = TrainingJob("learn", entrypoint="training.py:train", retries=2, inputs={"rows": lake / "rows"})
project = Project(
    "moving",
    [lake, job],
    environments={
        "dev": Environment("local"),
        "bare": Environment("local", overrides={"lake": {"retention": None}, "learn": {"retries": 0}}),
    },
)
"""


@pytest.fixture(autouse=True)
def _installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another distribution is installed: one adapter promises nothing, one trains, one is broken."""
    adapters = {"honest": "acme_honest:HONEST", "modest": "acme_liars:MODEST", "broken": "acme_honest:MISSING"}
    folder = tmp_path_factory.mktemp("installed")
    wheel = wheels.write(folder, "acme-modelwright", liars.modules(), adapters)
    monkeypatch.syspath_prepend(wheels.install(wheel, folder / "site"))


@pytest.fixture
def moving(tmp_path: Path) -> Path:
    (tmp_path / "project.py").write_text(PROJECT)
    (tmp_path / "training.py").write_text("def train(context):\n    pass\n")
    return tmp_path


def test_adapters_of_other_distributions_are_listed_and_a_broken_one_with_its_error() -> None:
    said = call("adapters", "list", "--json")
    assert said.status == 0
    rows = {row["name"]: row for row in said.document["result"]}
    assert set(rows) == {"broken", "honest", "local", "modest"}
    assert (rows["honest"]["distribution"], rows["honest"]["version"]) == ("acme-modelwright", "1.2")
    assert rows["honest"]["answers"] == {"native": 0, "emulated": 0, "todo": len(FEATURES), "upstream": 0, "never": 0}
    assert sum(rows["local"]["answers"].values()) == len(FEATURES)
    assert rows["broken"]["answers"] is None
    assert "of distribution acme-modelwright cannot be loaded: AttributeError" in rows["broken"]["error"]
    text = call("adapters").out
    assert re.search(r"^honest +acme-modelwright +1\.2 +0 +0 +\d+ +0 +0$", text, re.MULTILINE)
    assert "broken: adapter 'broken' of distribution acme-modelwright cannot be loaded" in text


def test_an_adapter_is_shown_with_every_answer_and_its_reason() -> None:
    said = call("adapters", "show", "local", "--json")
    features = {one["feature"]: one for one in said.document["result"]["features"]}
    assert set(features) == set(FEATURES)
    assert features["endpoint.mode.async"]["level"] == "never"
    assert features["endpoint.mode.async"]["instead"] == 'mode="realtime" or "batch"'
    assert features["endpoint.capture"]["evidence"] == ["local.Serve#body.config.capture"]
    assert features["endpoint.capture"]["meaning"] == FEATURES["endpoint.capture"]


def test_what_is_shown_can_be_narrowed_to_a_kind_and_an_answer() -> None:
    said = call("adapters", "show", "local", "--kind", "data_store", "--level", "never", "--json")
    assert [one["feature"] for one in said.document["result"]["features"]] == ["data_store.kind.stream"]
    wrong = call("adapters", "show", "local", "--kind", "datastore")
    assert wrong.status == 1
    assert "did you mean 'data_store'?" in wrong.err


def test_an_unknown_adapter_is_answered_with_those_there_are() -> None:
    said = call("adapters", "show", "locl")
    assert said.status == 2
    assert "installed: broken, honest, local, modest" in said.err
    assert "did you mean 'local'?" in said.err


def test_without_a_project_all_that_differs_is_compared_and_that_is_no_error() -> None:
    said = call("adapters", "compare", "modest", "local", "--json")
    assert said.status == 0
    result = said.document["result"]
    assert (result["project"], result["environment"]) == (None, None)
    moves = {one["feature"]: one["move"] for one in result["differences"]}
    assert "training" not in moves
    assert moves["training.checkpoint"] == "gained"
    assert moves["data_store.kind.table"] == "gained"
    assert set(moves.values()) == {"gained"}


def test_with_a_project_only_what_it_relies_on_is_compared_and_a_loss_is_exit_2(moving: Path) -> None:
    said = call("adapters", "compare", "local", "modest", "--json", folder=moving)
    assert said.status == 2
    result = said.document["result"]
    assert result["project"] == "moving"
    lost = {one["feature"]: one["relied_on_by"] for one in result["differences"] if one["move"] == "lost"}
    assert lost == {
        "data_store.kind.object": ["lake"],
        "data_store.retention": ["lake"],
        "training.retries": ["learn"],
    }
    (error,) = said.document["diagnostics"]
    assert error["code"] == "MW1003"
    assert "relies on 3 things that adapter 'modest' does not support" in error["message"]


def test_an_environments_overrides_count(moving: Path) -> None:
    said = call("adapters", "compare", "local", "modest", "-e", "bare", "--json", folder=moving)
    lost = [one["feature"] for one in said.document["result"]["differences"]]
    assert lost == ["data_store.kind.object"]


def test_what_an_environments_settings_grant_counts_too(moving: Path) -> None:
    (moving / "project.py").write_text("""
from modelwright import Cluster, Environment, Project

gpus = Cluster("gpus", nodes=1, accelerator=["L4"])
project = Project("moving", [gpus], environments={"dev": Environment("local", settings={"accelerators": "ignore"})})
""")
    said = call("adapters", "compare", "local", "modest", "--json", folder=moving)
    assert said.status == 2
    (lost,) = said.document["result"]["differences"]
    assert (lost["feature"], lost["before"]["level"], lost["relied_on_by"]) == (
        "cluster.accelerator", "emulated", ["gpus"],
    )  # fmt: skip


def test_a_move_that_loses_nothing_says_so(moving: Path) -> None:
    said = call("adapters", "compare", "local", "local", folder=moving)
    assert said.status == 0
    assert said.out == "from local to local, nothing differs among what the project relies on\n"


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "line", ["list", "show local", "show honest --kind endpoint", "compare local honest", "compare honest local"]
)
def test_it_fits_the_terminal(width: int, line: str, moving: Path) -> None:
    for folder in (None, moving):
        said = call("adapters", *line.split(), folder=folder, COLUMNS=str(width))
        assert said.out
        assert max(len(text) for text in said.out.splitlines()) <= width
