from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.projects import write_hello
from tests.cli.shells import call

BROKEN = {
    "unknown field": ('DataStore("lake")', 'DataStore("lake", retenton="1d")', "did you mean 'retention'"),
    "wrong type": ("capture=1.0", 'capture="all"', "capture"),
    "dangling reference": ('serves="hello@champion"', 'serves="hallo@champion"', "hello"),
    "duplicate name": ('DataStore("lake")', 'DataStore("train-hello")', "train-hello"),
    "bad cron": ('"0 * * * *"', '"0 * * *"', "schedule"),
    "syntax error": ("project = Project(", "project = Project((", "not Python"),
    "error in the user's code": ("lake = ", "1 / 0\nlake = ", "ZeroDivisionError"),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("verb", ["validate", "up", "status", "train train-hello"])
def test_a_wrong_project_is_refused_with_two_no_traceback_and_no_change(tmp_path: Path, case: str, verb: str) -> None:
    folder = write_hello(tmp_path)
    right, wrong, words = BROKEN[case]
    text = (folder / "project.py").read_text()
    assert right in text
    (folder / "project.py").write_text(text.replace(right, wrong))
    said = call(*verb.split(), folder=folder)
    assert said.status == 2
    assert words in said.err
    assert "project.py:" in said.err
    assert "MW1002" in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert sorted(path.name for path in folder.iterdir()) == ["project.py", "training.py"]


def test_all_problems_come_in_one_answer(tmp_path: Path) -> None:
    folder = write_hello(tmp_path)
    text = (folder / "project.py").read_text()
    for case in ("unknown field", "wrong type", "bad cron"):
        right, wrong, _ = BROKEN[case]
        text = text.replace(right, wrong)
    (folder / "project.py").write_text(text)
    said = call("validate", "--json", folder=folder)
    assert said.status == 2
    (diagnostic,) = said.document["diagnostics"]
    lines = {problem["path"]: problem["line"] for problem in diagnostic["problems"]}
    assert {"lake.retenton", "hello-api.capture", "hello-watch.schedule"} <= set(lines)
    assert all(isinstance(line, int) for line in lines.values())


def test_no_project_file_is_a_usage_error(tmp_path: Path) -> None:
    said = call("validate", folder=tmp_path)
    assert said.status == 2
    assert "no project at project.py" in said.err


def test_a_folder_without_a_project_is_said_to_hold_none_and_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = call("validate", "-p", "empty", folder=tmp_path)
    assert said.status == 2
    assert "the folder empty holds no project.py" in said.err
    assert said.err.count("name a project.py") == 1


def test_an_environment_whose_adapter_is_not_installed_is_not_said_to_be_checked(tmp_path: Path) -> None:
    text = (
        "from modelwright import Environment, Project\n"
        "project = Project('hello', [], environments={'dev': Environment('local'), 'prod': Environment('locl')})\n"
    )
    (tmp_path / "project.py").write_text(text)
    said = call("validate", "--json", folder=tmp_path)
    assert said.status == 0
    assert said.document["result"]["environments"] == ["dev"]
    assert "environment prod was not checked" in said.err
    assert call("validate", "-e", "prod", folder=tmp_path).status == 2


def test_a_folder_can_be_named(tmp_path: Path) -> None:
    folder = write_hello(tmp_path / "a")
    assert call("validate", "-p", str(folder), folder=tmp_path).status == 0


def test_before_up_the_verbs_say_what_to_run(tmp_path: Path) -> None:
    folder = write_hello(tmp_path)
    for verb in ("status", "train train-hello", "endpoint status", "ledger verify", "runs list"):
        said = call(*verb.split(), folder=folder)
        assert said.status == 1, verb
        assert "MW2201" in said.err
        assert "modelwright up" in said.err
    assert not (folder / ".modelwright").exists()


def test_after_up_status_names_the_command_that_comes_next(tmp_path: Path) -> None:
    folder = write_hello(tmp_path)
    try:
        said = call("up", folder=folder)
        assert said.status == 0
        assert "awaiting first release: hello@champion has no version" in said.out
        assert "next: modelwright train train-hello --promote" in said.out
        refused = call("endpoint", "invoke", "--sample", folder=folder)
        assert refused.status == 1
        assert "MW2202" in refused.err
        assert "modelwright train train-hello --promote" in refused.err
        said = call("status", folder=folder)
        assert said.status == 0
    finally:
        assert call("destroy", "--yes", folder=folder).status == 0
    assert not (folder / ".modelwright").exists()


def test_every_flag_has_a_twin_in_the_environment(tmp_path: Path) -> None:
    folder = write_hello(tmp_path / "a")
    project = str(folder / "project.py")
    assert call("preview", folder=tmp_path, MODELWRIGHT_PROJECT=project).status == 0
    said = call("preview", folder=tmp_path, MODELWRIGHT_PROJECT=project, MODELWRIGHT_PREVIEW_EXPECT_NO_CHANGES="1")
    assert said.status == 7
    assert call("preview", folder=tmp_path, MODELWRIGHT_PROJECT=project, MODELWRIGHT_ENVIRONMENT="prod").status == 6
    before = call("-e", "prod", "preview", "-e", "dev", folder=folder)
    assert before.status == 0


def test_doctor_works_without_a_project(tmp_path: Path) -> None:
    said = call("doctor", folder=tmp_path)
    assert said.status == 0
    assert "python" in said.out
