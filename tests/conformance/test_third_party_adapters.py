"""Adapters of another distribution, installed for real: one that promises nothing passes, one that lies is told so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conformance import liars, wheels

from modelwright.testing import ConformanceError, conformance

pytestmark = pytest.mark.xdist_group("third_party")  # one worker: the wheel is built once

LIES = [
    ("silent", "feature[data_store.kind.object]", ["says native(acme:Bucket)", "shows acme:Bucket", "left nothing"]),
    ("vague", "feature[data_store.kind.object]", ["'native' names no evidence", "emulated('<how>')"]),
    ("eager", "feature[data_store.kind.object]", ["says todo('not written yet')", "it is there", "acme:Bucket (lake)"]),
    ("modest", "feature[training.checkpoint]", ["says never('no disk')", "acme.Train#body.config.checkpoint"]),
    ("unnamed", "feature[data_store.kind.object]", ["also leaves acme:Key (lake/key)", "does not name"]),
    ("slotless", "feature[training.tuning]", ["no request of acme.Train has the slot 'trial'", "hyperparameters, run"]),
    ("useless", "feature[endpoint.capture]", ["everything that could use it is refused", "endpoint.mode.realtime"]),
    ("mute", "feature[monitor]", ["'todo' says neither how nor why"]),
    ("short", "support[total]", ["has no answer for monitor"]),
    ("long", "support[total]", ["'monitr' (did you mean 'monitor'?)"]),
    ("dead", "field[training.seed]", ["training seed: 0 → 7", "changes nothing"]),
    ("echo", "field[training.timeout]", ["training timeout: '24h' → '2h'", "changes nothing"]),
    ("hashed", "field[training.timeout]", ["training timeout: '24h' → '2h'", "changes nothing"]),
    ("leaking", "secrets[content]", ["the content of the secret 'hub-token' stands in an assembly"]),
    ("leaking", "secrets[by name]", ["no resource or request holds {'$secret': 'hub-token'}"]),
    ("slotted", "requests[slots]", ["train/train (acme.Train) has the slot machine", "purpose 'train'"]),
    ("served", "requests[slots]", ["request api/serve has no scope.serving_config(…) under 'config'"]),
    ("curious", "compile[touches nothing]", ["open /dev/null"]),
    ("unordered", "compile[same elsewhere]", ["compile to another assembly in another process", "sorted(…)"]),
    ("heavy", "compile[imports nothing]", ["imports acme_sdk", "in the driver"]),
    ("counting", "names[data_store: unrelated edit]", ["'aa-unrelated'", "inputs.place: 0 → 1"]),
    ("renaming", "names[data_store: renamed]", ["loses what was made", "delete former"]),
    ("clumsy", "field[data_store.depends_on]", ["cannot lower a project of data_store 'other'", "KeyError"]),
    ("lax", "settings[unknown]", ["the unknown setting 'regionx' is accepted", "extra='forbid'"]),
    ("elsewhere", "scope[located]", ["`scope` names environment, region and `locate` environment"]),
    ("mixed", "outputs[types]", ["the training 'train' returned a MonitorOutputs, not TrainingOutputs"]),
    ("nobody", "identities[every duty]", ["nobody is named for the duty", "trainer/train"]),
    ("broken", "loads", ["of distribution acme-modelwright cannot be loaded", "AttributeError"]),
    ("string", "loads", ["is a NoneType, not an Adapter"]),
    ("missing", "loads", ["there is no adapter 'missing'", "honest"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a distribution with many adapters is installed."""
    folder = tmp_path_factory.mktemp("third party")
    wheel = wheels.write(folder / "wheels", "acme-modelwright", liars.modules(), liars.adapters())
    wheels.install(wheels.write(folder / "wheels", "acme-sdk", liars.SDK, {}), folder / "site")
    return wheels.install(wheel, folder / "site")


def run(site: Path, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=280
    )


def test_one_that_answers_everything_with_todo_passes(installed: Path) -> None:
    said = run(installed, "modelwright.testing", "honest", "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    document = json.loads(said.stdout)
    assert document["failures"] == {}
    assert document["checks"] > 300


def test_the_command_says_what_failed_and_its_status_is_1(installed: Path) -> None:
    said = run(installed, "modelwright.testing", "broken")
    assert said.returncode == 1
    assert said.stdout.startswith("loads\n  acme_honest:MISSING: adapter 'broken' of distribution acme-modelwright")
    assert said.stdout.endswith("1 checks, 1 failed\n")


@pytest.mark.parametrize(("adapter", "check", "said"), LIES, ids=[f"{name}-{check}" for name, check, _ in LIES])
def test_a_lie_is_found_and_named(
    installed: Path, monkeypatch: pytest.MonkeyPatch, adapter: str, check: str, said: list[str]
) -> None:
    monkeypatch.syspath_prepend(installed)
    asked = {one.name: one for one in conformance(adapter)}
    with pytest.raises(ConformanceError) as caught:
        asked[check]()
    text = str(caught.value)
    assert adapter in text
    for words in said:
        assert words in text, text


def test_every_adapter_that_lies_is_caught() -> None:
    assert set(liars.NAMES) <= {adapter for adapter, _, _ in LIES}
