from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.training.workshop import Workshop

from modelwright.errors import NotFoundError, UsageError
from modelwright.workload.entrypoint import load, own_traceback


@pytest.fixture(autouse=True)
def _own_imports() -> Iterator[None]:
    path, hooks, modules = list(sys.path), list(sys.path_hooks), set(sys.modules)
    yield
    sys.path[:], sys.path_hooks[:] = path, hooks
    sys.path_importer_cache.clear()
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_a_function_is_found_by_file_and_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/code_a.py").write_text("def train(context):\n    return context + 1\n")
    assert load("deep/code_a.py:train", tmp_path)(1) == 2


@pytest.mark.parametrize("entrypoint", ["training.py", "training:train", "training.py:", "training.py:a b"])
def test_a_wrong_spelling_is_refused(tmp_path: Path, entrypoint: str) -> None:
    with pytest.raises(UsageError, match=r"file\.py:function"):
        load(entrypoint, tmp_path)


def test_a_missing_file_and_a_misspelt_function_are_named(tmp_path: Path) -> None:
    (tmp_path / "code_b.py").write_text("def train(context): ...\n")
    with pytest.raises(NotFoundError, match=r"none\.py does not exist"):
        load("none.py:train", tmp_path)
    with pytest.raises(NotFoundError, match="did you mean 'train'"):
        load("code_b.py:trian", tmp_path)


def test_no_bytecode_is_left_beside_the_users_files(workshop: Workshop) -> None:
    workshop.code("VALUE = 1\n", "parts/inner.py")
    workshop.code("from parts.inner import VALUE\ndef train(context):\n    raise SystemExit(VALUE)\n")

    workshop.train(env={"PYTHONDONTWRITEBYTECODE": ""})

    assert [path.name for path in workshop.project.rglob("*.pyc")] == []
    assert workshop.result()["error"]["type"] == "SystemExit"


def test_a_traceback_shows_the_users_lines_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "code_c.py").write_text(
        "import json\n\ndef train(context):\n    return parse(context)\n\n"
        "def parse(text):\n    return json.loads(text)\n"
    )
    with pytest.raises(ValueError, match="Expecting property name") as caught:
        load("code_c.py:train", tmp_path)("{")

    text = own_traceback(caught.value, tmp_path)

    # Which part of a line is underlined differs between Pythons.
    assert [line for line in text.splitlines() if line.strip("^~ ")] == [
        "Traceback (your own lines):",
        '  File "code_c.py", line 4, in train',
        "    return parse(context)",
        '  File "code_c.py", line 7, in parse',
        "    return json.loads(text)",
        "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ]


def test_a_syntax_error_of_the_user_is_shown_where_it_is(workshop: Workshop) -> None:
    workshop.code("def train(context):\n    return (\n")

    ended = workshop.train()

    assert ended.status == 1
    assert 'File "training.py", line 2' in workshop.result()["error"]["traceback"]
    assert workshop.result()["error"]["type"] == "SyntaxError"


def test_the_projects_own_modules_win_over_installed_ones(workshop: Workshop) -> None:
    workshop.code("def train(context):\n    raise KeyError('mine')\n", "duckdb.py")

    workshop.train(workshop.config(entrypoint="duckdb.py:train"))

    assert workshop.result()["error"]["message"] == "'mine'"
