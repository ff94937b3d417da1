"""The functions that training jobs name are looked for without running the user's code."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelwright import TrainingJob
from modelwright.spec.entrypoints import entrypoint_problems


def found(folder: Path, entrypoint: str) -> list[str]:
    jobs = [TrainingJob("fit", entrypoint=entrypoint)]
    return [f"{one.path}: {one.message} ({one.hint})" for one in entrypoint_problems(jobs, folder)]


@pytest.mark.parametrize(
    "code",
    [
        "def train(context): ...",
        "async def train(context): ...",
        "class train: ...",
        "@decorated\ndef train(context): ...",
        "from elsewhere import train",
        "from elsewhere import learn as train",
        "import train",
        "from elsewhere import *",
        "train = make(lambda context: None)",
        "learn = train = make()",
        "(first, train) = make()",
        "if True:\n    def train(context): ...\nelse:\n    train = None",
        "try:\n    from fast import train\nexcept ImportError:\n    from slow import train",
        "with quiet():\n    train = make()",
        "train: object = make()",
    ],
)
def test_every_way_to_define_a_name_is_known(tmp_path: Path, code: str) -> None:
    (tmp_path / "training.py").write_text(code)
    assert found(tmp_path, "training.py:train") == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def trian(context): ...", "training.py defines no 'train' (did you mean 'trian'?)"),
        ("def inner():\n    def train(context): ...", "training.py defines no 'train'"),
        ("print('train')", "training.py defines no 'train' (def train(context): …)"),
        ("def train(:", "training.py is not Python: line 1: "),
        ("", "training.py defines no 'train'"),
    ],
)
def test_a_function_that_is_not_there_is_said_with_the_nearest(tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "training.py").write_text(code)
    (problem,) = found(tmp_path, "training.py:train")
    assert problem.startswith("fit.entrypoint: ")
    assert said in problem


def test_a_file_that_is_not_there_is_said_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "training.py").write_text("def train(context): ...")
    assert found(tmp_path, "trainig.py:train") == [
        "fit.entrypoint: there is no file trainig.py beside the project (did you mean 'training.py'?)"
    ]
    assert found(tmp_path, "jobs/fit.py:train") == [
        "fit.entrypoint: there is no file jobs/fit.py beside the project (write it)"
    ]


def test_the_users_code_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "training.py").write_text("raise SystemExit('run')\ndef train(context): ...")
    assert found(tmp_path, "training.py:train") == []


def test_a_problem_carries_the_line_of_the_entry_point(tmp_path: Path) -> None:
    job = TrainingJob(
        "fit",
        entrypoint="nowhere.py:train",  # this line
    )
    (problem,) = entrypoint_problems([job], tmp_path)
    assert "# this line" in Path(problem.file).read_text().splitlines()[(problem.line or 0) - 1]
