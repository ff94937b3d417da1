from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from tests.spec.samples import SMALLEST

from modelwright import load_project
from modelwright.errors import InvalidProjectError, UsageError

MANY_FAULTS = """\
from modelwright import (
    Autoscale, Canary, Cluster, DataStore, Endpoint, Environment, FeatureStore, FeatureView, Metric, Model, Monitor,
    Performance, Project, Retrain, TrainingJob,
)

lake = DataStore("Lake", versoned=True)
features = FeatureStore("features", store=lake, views=[
    FeatureView("carrier", entity="carrier", timestamp="hour", source=lake / "x",
                ttl="7x", features={"a": "float64"}),
])
gpus = Cluster("gpus", nodes=(4, 1), priority="hgih")
train = TrainingJob(
    "train",
    entrypoint="training.py",
    cluster="gpu",
    features=[features["carier"]],
    seed=True,
)
model = Model("delay", training=train, evaluation=lake / "e", label="late",
              gates={"prd": [Metric("auc") >= 0.9]})
api = Endpoint(
    "delay-api",
    serves={"delay@champion": 90, "delay@challenger": 9},
    rollout=Canary(
        steps=[10, 500],
    ),
    shadow="dely@x",
)
watch = Monitor("watch", endpoint=api, schedule="0 25 * * *", checks=[Performance("auc")],
                retrain=Retrain(train, when="6 of 5"))
again = Monitor("watch", endpoint="delay-ap", checks=[Performance("auc", minimum=0.5)])
project = Project("faulty", [lake, features, gpus, train, model, api, watch, again,
                             DataStore("one", depends_on=["two"]), DataStore("two", depends_on=["one"])],
                  environments={"dev": Environment("local", overrides={"one": {"versoned": True}, "nope": {}})})
"""

FOUND = [
    (6, "Lake.name", "not a name"),
    (6, "Lake.versoned", "unknown field (did you mean 'versioned'?)"),
    (9, "features.carrier.ttl", "no duration"),
    (11, "gpus.nodes", "the minimum 4 is greater than the maximum 1"),
    (11, "gpus.priority", "did you mean 'high'"),
    (14, "train.entrypoint", "write file.py:function"),
    (15, "train.cluster", "no cluster 'gpu' (did you mean 'gpus'?)"),
    (16, "train.features[0]", "no view 'carier' (did you mean 'carrier'?)"),
    (17, "train.seed", "must be an integer, not True"),
    (20, "models.delay.gates.prd", "no environment 'prd'"),
    (23, "delay-api.serves", "sum to 99"),
    (25, "delay-api.rollout.steps[1]", "between 1 and 99 percent, not 500"),
    (27, "delay-api.shadow", "no model is called 'dely' (did you mean 'delay'?)"),
    (29, "watch.schedule", "'25' is no hour"),
    (29, "watch.checks[0].minimum", "a minimum or a maximum is required"),
    (30, "watch.retrain.when", "write 3 of 5"),
    (31, "watch.name", "'watch' is declared twice (line 29)"),
    (31, "watch.endpoint", "no endpoint 'delay-ap' (did you mean 'delay-api'?)"),
    (33, "one", "refers to itself: one → two → one"),
    (34, "environments.dev.overrides.one.versoned", "did you mean 'versioned'"),
    (34, "environments.dev.overrides.nope", "no resource 'nope'"),
]
"""Every fault of the file above: its line, its path, and a part of what is said of it."""


def written(folder: Path, text: str) -> Path:
    file = folder / "project.py"
    file.write_text(text)
    return file


def refused(path: Path) -> InvalidProjectError:
    with pytest.raises(InvalidProjectError) as caught:
        load_project(path)
    return caught.value


def test_one_load_reports_every_fault_with_its_line_and_path(tmp_path: Path) -> None:
    error = refused(written(tmp_path, MANY_FAULTS))
    found = {(problem.line, problem.path): f"{problem.message} ({problem.hint})" for problem in error.problems}
    assert sorted(found, key=str) == sorted(((line, path) for line, path, _ in FOUND), key=str)
    for line, path, part in FOUND:
        assert part in found[line, path]


def test_an_error_names_the_file_as_seen_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, MANY_FAULTS)
    monkeypatch.chdir(tmp_path)
    assert {problem.file for problem in refused(Path()).problems} == {"project.py"}


def test_a_file_or_its_folder_can_be_named(tmp_path: Path) -> None:
    file = written(tmp_path, SMALLEST)
    assert load_project(file) == load_project(tmp_path) == load_project(str(tmp_path))


def test_the_user_s_own_exception_is_told_with_its_line_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("def read():\n    return {}['missing']\n")
    error = refused(written(tmp_path, "import settings\n\nvalue = settings.read()\n"))
    (problem,) = error.problems
    assert (problem.line, problem.message) == (3, "KeyError: 'missing'")
    assert "Traceback" not in str(error)


def test_what_was_wrong_before_an_exception_is_told_as_well(tmp_path: Path) -> None:
    error = refused(
        written(tmp_path, 'from modelwright import DataStore\nDataStore("X")\nraise RuntimeError("stop")\n')
    )
    assert [(problem.line, problem.path) for problem in error.problems] == [(2, "X.name"), (3, "project.py")]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("x = (1,\n", 1, "is not Python"),
        ("def f(:\n    pass\n", 1, "is not Python: invalid syntax"),
        ("x = 1\n\x00\n", None, "is not Python"),
        ("import modelwrong\n", 1, "No module named 'modelwrong'"),
        ("from modelwright import Endpiont\n", 1, "did you mean 'Endpoint'?"),
        ("from modelwright import Project\nlake = DataStor('lake')\n", 2, "NameError"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
        ("def f(): f()\nf()\n", 1, "RecursionError"),
        ("x = 1\n", 1, "declares no project"),
        (
            "from modelwright import Project\na = Project('one', [])\nb = Project('two', [])\n",
            1,
            "2 projects: 'one', 'two'",
        ),
        ("from modelwright import DataStore\nx = f\"{DataStore('lake')}/x\"\n", 2, "has no value yet"),
        ("from modelwright import Metric\nx = Metric('auc') > 1\n", 2, "compared with >= or <= only"),
    ],
)
def test_a_file_that_makes_no_project_says_why(tmp_path: Path, text: str, line: int | None, part: str) -> None:
    error = refused(written(tmp_path, text))
    assert part in str(error)
    assert error.problems[-1].line == line
    assert error.exit_status == 2
    assert "Traceback" not in str(error)


def test_of_two_projects_the_one_called_project_counts(tmp_path: Path) -> None:
    text = "from modelwright import Project\nother = Project('other', [])\nproject = Project('mine', [])\n"
    assert load_project(written(tmp_path, text)).name == "mine"


def test_a_missing_file_and_an_empty_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no project\.py"):
        load_project(tmp_path)
    with pytest.raises(UsageError, match="No such file"):
        load_project(tmp_path / "missing.py")
    with pytest.raises(UsageError, match="null"):
        load_project("a\0b")


def test_a_file_of_a_hundred_megabytes_is_refused_unread(tmp_path: Path) -> None:
    with written(tmp_path, "").open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(UsageError, match="100,000,000 bytes"):
        load_project(tmp_path)


def test_pipes_and_devices_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "project.py")
    with pytest.raises(UsageError, match="no regular file"):
        load_project(tmp_path)
    with pytest.raises(UsageError, match="no regular file"):
        load_project("/dev/zero")


def test_other_encodings_line_ends_and_marks_are_read_as_python_reads_them(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert load_project(tmp_path).name == "hello"
    (tmp_path / "project.py").write_bytes(b"x = '\xff\xfe'\n" + SMALLEST.encode())
    assert "is not Python" in str(refused(tmp_path))


def test_nothing_is_written_beside_the_file_and_the_interpreter_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("NAME = 'hello'\n")
    written(tmp_path, "import neighbour\n" + SMALLEST.replace('Project("hello"', "Project(neighbour.NAME"))
    before = list(sys.path), sys.dont_write_bytecode
    assert load_project(tmp_path).name == "hello"
    assert (list(sys.path), sys.dont_write_bytecode) == before
    assert "neighbour" not in sys.modules
    assert sorted(path.name for path in tmp_path.iterdir()) == ["neighbour.py", "project.py"]


def test_two_projects_whose_neighbours_have_the_same_name_do_not_meet(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "names.py").write_text(f"NAME = {name!r}\n")
        written(tmp_path / name, "import names\nfrom modelwright import Project\nproject = Project(names.NAME, [])\n")
    assert [load_project(tmp_path / name).name for name in ("one", "two", "one")] == ["one", "two", "one"]


def test_what_the_file_prints_does_not_reach_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = io.StringIO()
    with redirect_stdout(output):
        load_project(written(tmp_path, "print('noise')\n" + SMALLEST))
    assert output.getvalue() == ""
    assert capsys.readouterr().err == "noise\n"


def test_outside_a_load_a_constructor_raises_at_once(tmp_path: Path) -> None:
    refused(written(tmp_path, MANY_FAULTS))
    code = "from modelwright import DataStore\nDataStore('X')\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "InvalidProjectError: 1 problem in the project\n  <string>:2 X.name: 'X' is not a name" in done.stderr
