"""What is said where a command cannot mean what was typed, or does less than was hoped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.projects import HELLO, TRAINING, write_hello
from tests.cli.shells import call, run_at_work
from tests.waiting import eventually

from modelwright.store import local_path

pytestmark = pytest.mark.xdist_group("cli_life")

COMMAND = [sys.executable, "-c", "from modelwright.cli.main import main; main()"]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A project that was never applied."""
    return write_hello(tmp_path)


@pytest.mark.parametrize("verb", ["validate", "preview", "up"])
def test_an_entry_point_that_is_not_there_is_an_invalid_project(written: Path, verb: str) -> None:
    (written / "training.py").write_text(TRAINING.replace("def slow", "def slwo"))
    said = call(verb, folder=written)
    assert said.status == 2
    assert "project.py:6  train-slow.entrypoint" in said.err
    assert "training.py defines no 'slow'" in said.err
    assert "did you mean 'slwo'?" in said.err
    assert not (written / ".modelwright").exists()


def test_a_training_file_that_is_not_there_is_said_for_every_job(written: Path) -> None:
    (written / "training.py").rename(written / "train.py")
    said = call("validate", folder=written)
    assert said.err.count("there is no file training.py beside the project") == 3
    assert "did you mean 'train.py'?" in said.err


def test_a_wrong_setting_of_an_adapter_is_told_with_its_line(written: Path) -> None:
    environments = '\n    "dev": Environment("local", settings={\n        "acelerators": "ignore",\n    }),\n'
    project = HELLO.replace("watch])", f"watch], environments={{{environments}}})")
    (written / "project.py").write_text(project.replace("import DataStore", "import Environment, DataStore"))
    line = next(n for n, text in enumerate((written / "project.py").read_text().splitlines(), 1) if "acel" in text)
    for verb in ("validate", "status"):
        said = call(verb, folder=written)
        assert said.status == 2
        assert f"project.py:{line}  environments.dev.settings.acelerators" in said.err
        assert "did you mean 'accelerators'?" in said.err


def test_an_alias_that_looks_misspelt_is_refused_and_not_made(hello: Path) -> None:
    said = call("model", "promote", "hello:1", "--alias", "champoin", folder=hello)
    assert said.status == 2
    assert "nothing serves hello@champoin" in said.err
    assert "did you mean 'champion'?" in said.err
    assert call("model", "show", "hello@champoin", folder=hello).status == 1


def test_an_alias_that_nothing_serves_is_set_with_a_warning(hello: Path) -> None:
    said = call("model", "promote", "hello:1", "--alias", "best-2026", "--json", folder=hello)
    assert said.status == 0
    (warning,) = said.document["diagnostics"]
    assert warning["severity"] == "warning"
    assert "no endpoint serves hello@best-2026: the alias is set and nothing is released" in warning["message"]
    assert warning["remedy"].endswith("champion")
    assert said.document["result"]["releases"] == {}


def test_an_alias_that_extends_a_served_one_is_meant(hello: Path) -> None:
    said = call("model", "promote", "hello:1", "--alias", "champion-eu", folder=hello)
    assert said.status == 0
    assert "no endpoint serves hello@champion-eu" in said.err


@pytest.mark.parametrize("verb", ["promote", "show", "approve"])
def test_a_model_without_a_version_is_told_which_there_are(hello: Path, verb: str) -> None:
    said = call("model", verb, "hello", folder=hello)
    assert said.status == 2
    assert "hello says which model, and not which version" in said.err
    assert "one of: hello@" in " ".join(said.err.split())
    assert "hello:1" in said.err


def test_a_batch_of_an_endpoint_that_answers_requests_names_what_does_it(hello: Path) -> None:
    said = call("batch", "hello-api", folder=hello)
    assert said.status == 2
    assert "hello-api answers requests and scores no table" in said.err
    assert "`modelwright batch hello@champion --source STORE/PATH --to STORE/PATH`" in said.err


def test_history_says_that_a_version_had_no_gates(hello: Path) -> None:
    said = call("endpoint", "history", "--json", folder=hello)
    assert "version 1: no gates declared" in said.document["result"]["releases"][0]["evidence"]


def test_ctrl_c_on_train_promote_says_that_nothing_will_be_promoted(hello: Path) -> None:
    waiting = subprocess.Popen(
        [*COMMAND, "train", "train-slow", "--promote"], cwd=hello, stderr=subprocess.PIPE, text=True
    )
    run = run_at_work(hello, "train-slow")
    waiting.send_signal(signal.SIGINT)
    err = " ".join(waiting.communicate(timeout=60)[1].split())
    call("runs", "cancel", run, folder=hello)
    assert waiting.returncode == 8
    assert f"run {run} goes on, and its model will be neither registered nor promoted" in err
    assert (
        f"the same command again goes on with it, or, when it has succeeded, `modelwright model register {run}`" in err
    )


def test_prune_shows_and_removes_nothing_where_nobody_can_be_asked(hello: Path) -> None:
    ages = ("--runs-older-than", "0s", "--capture-older-than", "2w")
    shown = call("prune", *ages, "--json", folder=hello).document["result"]
    assert shown["dry_run"] is True
    again = call("prune", *ages, folder=hello)
    assert again.status == 0
    if shown["objects"]:
        assert f"{shown['objects']} objects would be removed; `modelwright prune --yes` removes them" in again.out


def test_prune_takes_durations_and_says_how_they_are_written(hello: Path) -> None:
    said = call("prune", "--runs-older-than", "7", folder=hello)
    assert said.status == 2
    assert "'7' is no duration: write a number and a unit: 30s, 10m, 24h, 7d, 2w, or 1h30m" in said.err


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that was promoted and may be spoilt."""
    folder = write_hello(tmp_path_factory.mktemp("own"))
    try:
        for line in ("up", "train train-hello --promote"):
            said = call(*line.split(), folder=folder)
            assert said.status == 0, said.err
        yield folder
    finally:
        call("destroy", "--yes", "--allow-data-loss", "lake", "--allow-data-loss", "foundation", folder=folder)


def _spoil(folder: Path) -> None:
    """Alter a file of the model that serves, and end its server."""
    endpoint = folder / ".modelwright/dev/endpoints/hello-api"
    variant = next(part for part in endpoint.iterdir() if part.is_dir())
    model = local_path(json.loads((variant / "serve.json").read_text())["model"])
    file = next(path for path in model.iterdir() if path.suffix == ".skops")
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"x")
    os.kill(json.loads((variant / "server.pid.json").read_text())["pid"], signal.SIGKILL)


def test_a_live_version_that_cannot_load_is_told_with_the_command_that_mends_it(own: Path) -> None:
    assert call("endpoint", "invoke", "--sample", folder=own).status == 0
    _spoil(own)

    def state() -> dict[str, str]:
        resources = call("status", "--json", folder=own).document["result"]["resources"]
        return next(one for one in resources if one["name"] == "hello-api")

    eventually(lambda: state()["state"] == "failed")
    assert "model.skops is not what its digest says" in state()["detail"]
    assert "next: modelwright train train-hello --promote" in state()["detail"]
    said = call("drift", "--json", folder=own)
    assert said.status == 11
    (difference,) = said.document["result"]["differences"]
    assert difference["remedy"] == "modelwright train train-hello --promote"
    assert "next: modelwright train train-hello --promote" in call("operate", "--once", folder=own).out
