"""Other versions: of modelwright before and after, of Python, of scikit-learn."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.faults.surroundings import mw, state, within, works

from modelwright.adapters.local.driver import processes
from modelwright.canonical import canonical, digest_file
from modelwright.errors import ModelFormatError
from modelwright.workload.model_folder import load_model, save_model

KEPT = Path(__file__).with_name("ledger_by_0_1_0.json")
OTHER = os.environ.get("MODELWRIGHT_OTHER_PYTHON")  # read before the tests' surroundings are emptied
"""The interpreter of another Python version (or with another scikit-learn) that has modelwright installed."""


@pytest.mark.parametrize(
    ("pattern", "arguments"),
    [
        ("control/platform.json", ["status"]),
        ("control/platform.json", ["up"]),
        ("state.json", ["preview"]),
        ("control/ledger/v1/endpoint/api/000000000001.json", ["endpoint", "invoke", "--sample"]),
        ("control/models/*/manifest.json", ["endpoint", "invoke", "--sample"]),
        ("control/heads/*.json", ["up"]),
    ],
)
def test_a_document_of_a_newer_version_is_refused_naming_the_version(
    serving: Path, pattern: str, arguments: list[str]
) -> None:
    (path,) = state(serving).glob(pattern)
    before = path.read_bytes()
    document = json.loads(before)
    document |= {
        "schema": document["schema"].rpartition("/")[0] + "/2",
        "by": "modelwright 9.1.0",
        "unheard": {"of": 1},
    }
    path.write_bytes(canonical(document))
    try:
        said = within(*arguments, folder=serving)
        assert said.status == 2, said.err
        assert "MW1005" in said.err
        assert "was written by modelwright 9.1.0" in said.err
        assert "upgrade to modelwright 9.1.0 or later" in said.err
        assert path.read_bytes() == canonical(document)
    finally:
        path.write_bytes(before)
    assert within(*arguments, folder=serving).status == 0


def test_a_newer_version_is_refused_by_the_command_itself_and_by_verify(serving: Path) -> None:
    path = state(serving) / "control/ledger/v1/training/fit/000000000003.json"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"modelwright.event/1", b"modelwright.event/7"))
    try:
        said = mw("train", "fit", "--detach", folder=serving)
        assert said.status == 2
        assert "modelwright.event/7" in said.err
        assert mw("ledger", "verify", folder=serving).status == 13
    finally:
        path.write_bytes(before)


def test_a_ledger_that_an_older_version_wrote_is_read_verified_and_gone_on_with(project: Path) -> None:
    works("up", folder=project)
    for key, text in json.loads(KEPT.read_text()).items():
        path = state(project) / "control" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    works("ledger", "verify", folder=project)
    assert [run["run"] for run in within("runs", "list", "--json", folder=project).result] == ["fit-1"]
    assert within("model", "show", "risk@champion", "--json", folder=project).result["version"] == 1
    works("train", "fit", folder=project)
    works("model", "register", "fit-2", folder=project)
    assert within("model", "show", "risk:2", "--json", folder=project).result["run"] == "fit-2"
    works("ledger", "verify", folder=project)


def test_a_model_whose_types_another_scikit_learn_had_is_refused_naming_both_versions(tmp_path: Path) -> None:
    from sklearn import __version__ as here
    from sklearn.linear_model import LinearRegression

    rows = np.arange(8.0).reshape(-1, 1)
    folder = tmp_path / "model"
    save_model(folder, LinearRegression().fit(rows, rows[:, 0]), sample=rows[:2], names=["x"])
    _rewrite(folder, "LinearRegression", "LinearRegressionOfOld")
    with pytest.raises(ModelFormatError) as caught:
        load_model(folder, None)
    assert "scikit-learn 0.19.2" in str(caught.value)
    assert f"here is {here}" in str(caught.value)


def _rewrite(folder: Path, old: str, new: str) -> None:
    """Make a model one of scikit-learn 0.19.2, with a type of another name."""
    path = folder / "model.skops"
    content = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(content, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            target.writestr(member, data.replace(f'"{old}"'.encode(), f'"{new}"'.encode()))
    path.write_bytes(content.getvalue())
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["libraries"]["scikit-learn"] = "0.19.2"
    for file in manifest["files"]:
        file |= {"sha256": digest_file(folder / file["path"]), "bytes": (folder / file["path"]).stat().st_size}
    (folder / "manifest.json").write_bytes(canonical(manifest))


@pytest.fixture
def other() -> str:
    """Another interpreter with modelwright."""
    if OTHER is None:
        pytest.skip("MODELWRIGHT_OTHER_PYTHON names no interpreter of another version that has modelwright installed")
    said = subprocess.run([OTHER, "-c", "import modelwright, sys; print(sys.version_info[:2])"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip() != str(sys.version_info[:2])
    return OTHER


def test_what_one_python_wrote_another_reads_and_goes_on_with(project: Path, other: str) -> None:
    for python in (other, None):
        assert mw("up", folder=project, python=python).status == 0
        said = mw("train", "fit", "--promote", folder=project, python=python)
        assert said.status == 0, said.err
    for python in (other, None):
        for arguments in (["status"], ["preview", "--expect-no-changes"], ["ledger", "verify"], ["runs"], ["doctor"],
                          ["endpoint", "invoke", "--sample"], ["operate", "--once"]):  # fmt: skip
            said = mw(*arguments, folder=project, python=python)
            assert said.status == 0, (python, arguments, said.err)


def test_an_endpoint_started_by_another_python_serves_on_or_says_why_not(project: Path, other: str) -> None:
    assert mw("up", folder=project, python=other).status == 0
    assert mw("train", "fit", "--promote", folder=project, python=other).status == 0
    works("endpoint", "invoke", "--sample", folder=project)
    processes.stop(state(project) / "endpoints/api", "router")
    processes.stop(state(project) / "endpoints/api/v1-r1", "server")
    works("operate", "--once", folder=project)
    works("endpoint", "invoke", "--sample", folder=project)
    answer = subprocess.run([sys.executable, "-c", LOADS, str(state(project) / "control/models")],
                            capture_output=True, text=True, check=False)  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith(("it answers as it did", "refused: ")), answer.stdout
    if answer.stdout.startswith("refused"):
        assert "scikit-learn" in answer.stdout


LOADS = """
import sys
from pathlib import Path
from modelwright.errors import ModelwrightError
from modelwright.workload.model_folder import load_model
(folder,) = Path(sys.argv[1]).iterdir()
try:
    load_model(folder, None).check_sample()
    print("it answers as it did")
except ModelwrightError as error:
    print("refused:", error)
"""
