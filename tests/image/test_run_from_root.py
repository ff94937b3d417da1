"""What was built runs: pulled from a registry, unpacked, and with nothing of this machine around it."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.image.python_base import VERSION, python_base
from tests.image.registries import Running, registry
from tests.image.unpacking import enter, unpack
from tests.image.wheelsmith import installed_wheel, locked
from tests.training.workshop import PLAIN

from modelwright.image.bases import find_base
from modelwright.image.blobs import Descriptor
from modelwright.image.build import Built
from modelwright.image.credentials import anonymous
from modelwright.image.delivery import push
from modelwright.image.manifests import Platform
from modelwright.image.recipe import Kitchen, Recipe
from modelwright.image.reference import Reference
from modelwright.image.registry import Repository
from modelwright.image.target import Target

NEEDED = ("click", "cloudpickle", "msgspec", "numpy", "typing_extensions")
"""What a training run of plain NumPy imports."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    built: Built
    root: Path
    config: dict[str, Any]
    way_in: list[str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the root, with the image's environment and no other."""
        inside = [*self.way_in, *self.config["config"]["Env"], *command]
        return subprocess.run(inside, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture(scope="module")
def unpacked(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """Build on a base in the registry, push, pull back and unpack."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the base is made of the running Python, and images are for Linux")
    folder = tmp_path_factory.mktemp("image")
    project = folder / "project"
    project.mkdir()
    (project / "training.py").write_text(textwrap.dedent(PLAIN))
    (project / "requirements.lock").write_text(locked(*(installed_wheel(folder / "wheels", one) for one in NEEDED)))
    base = _pushed_base(running, folder)
    target = Target(Platform("linux", _architecture()), VERSION)
    kitchen = Kitchen(folder / "kitchen")
    source, found = find_base(base, target, credentials=anonymous)
    built = kitchen.build(Recipe(project, target), found)
    to = Repository(Reference(running.host, "flights"), credentials=anonymous, writes=True, mounts_from="base")
    sent = push(built, kitchen.blobs, source, to)
    assert list(sent.how.values()) == ["mounted", "mounted", "pushed", "pushed", "pushed"]
    root = folder / "root"
    config = unpack(running, "flights", sent.digest, root)
    scratch = root / "scratch"
    scratch.mkdir(mode=0o777)
    scratch.chmod(0o777)
    return Unpacked(built, root, config, enter(root))


def _pushed_base(running: Running, folder: Path) -> str:
    """Push the base by its bytes alone and return its pinned name."""
    layout, digest = python_base(folder)
    to = Repository(Reference(running.host, "base"), credentials=anonymous, writes=True)
    media_type, data = layout.manifest(digest)
    document = json.loads(data)
    for part in (*document["layers"], document["config"]):
        blob = Descriptor.from_json(part, media_type)
        to.add(blob, partial(layout.blobs.open, blob))
    assert to.add_manifest(data) == digest
    return f"{running.host}/base@{digest}"


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def training_runs(unpacked: Unpacked) -> None:
    document: dict[str, Any] = {
        "schema": "modelwright.train/1", "job": "job", "run": "job-1", "entrypoint": "training.py:train",
        "root": "file:///opt/modelwright/project", "inputs": {}, "features": None, "hyperparameters": {},
        "output": "file:///scratch/control", "checkpoint": None, "timeout": 60, "holdout": None, "tuning": None,
        "seed": 7, "now": "2013-03-05T00:00:00Z",
    }  # fmt: skip
    (unpacked.root / "scratch/config.json").write_text(json.dumps(document))

    done = unpacked.run(*unpacked.config["config"]["Entrypoint"], "train", "--config", "/scratch/config.json")

    assert done.returncode == 0, done.stderr
    result = json.loads((unpacked.root / "scratch/control/runs/job-1/result.json").read_text())
    assert result["status"] == "succeeded"
    assert result["metrics"] == {"error": 0.25}


def nothing_that_is_imported_comes_from_this_machine(unpacked: Unpacked) -> None:
    code = "import sys, numpy, msgspec, modelwright.workload.train; print(*sys.path, sys.prefix, numpy.__file__)"
    done = unpacked.run("python3", "-c", code)
    assert done.returncode == 0, done.stderr
    assert all(path.startswith(("/opt/modelwright", "/usr/local")) for path in done.stdout.split())


def programs_of_wheels_run_and_their_metadata_is_found(unpacked: Unpacked) -> None:
    asked = unpacked.run("numpy-config", "--version")
    assert asked.returncode == 0, asked.stderr
    code = (
        "import importlib.metadata as m; print(m.version('numpy'), m.version('modelwright'), len(m.files('msgspec')))"
    )
    told = unpacked.run("python3", "-c", code).stdout.split()
    assert asked.stdout.strip() == told[0]
    assert told[1:] == ["0.1.0", told[2]]
    assert int(told[2]) > 5


def a_file_that_a_layer_of_the_base_deletes_stays_deleted(unpacked: Unpacked) -> None:
    assert (unpacked.root / "etc").is_dir()
    assert not (unpacked.root / "etc/leftover").exists()


def it_runs_as_a_number_that_is_not_root_from_the_projects_folder(unpacked: Unpacked) -> None:
    assert unpacked.config["config"]["User"] == "65532:65532"
    assert unpacked.config["config"]["WorkingDir"] == "/opt/modelwright/project"
    assert (unpacked.root / "opt/modelwright/project/training.py").is_file()
    assert not [path for path in (unpacked.root / "opt").rglob("*") if path.suffix == ".pyc"]


def test_what_was_built_runs_from_its_unpacked_root_in_an_empty_environment(unpacked: Unpacked) -> None:
    """One test: as several, each worker would build the image again, which takes ten seconds."""
    training_runs(unpacked)
    nothing_that_is_imported_comes_from_this_machine(unpacked)
    programs_of_wheels_run_and_their_metadata_is_found(unpacked)
    a_file_that_a_layer_of_the_base_deletes_stays_deleted(unpacked)
    it_runs_as_a_number_that_is_not_root_from_the_projects_folder(unpacked)
