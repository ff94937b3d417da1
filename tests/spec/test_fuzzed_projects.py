"""The page's project with one expression replaced by something odd makes a project or a clear answer."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.spec.samples import FLIGHTS

from modelwright import load_project
from modelwright.canonical import canonical
from modelwright.errors import InvalidProjectError

TREE = ast.parse(FLIGHTS.read_text())
ODD = (
    "None", "True", "-1", "3.5", "10**30", "float('nan')", "''", "'x'", "'a@b'", "b'x'", "[]", "[None]", "[[['a']]]",
    "(1, 2)", "{}", "{'a': None}", "{1: 2}", "object()", "lambda: 1", "missing", "lake", "Secret('a')", "Quality()",
)  # fmt: skip
OURS = ("pydantic", "function-", "Input should", "Traceback")
"""What would show that an answer was not meant for users."""


def places(tree: ast.AST) -> Iterator[tuple[Any, Any]]:
    """Yield every place of an expression inside a call, list, tuple or dict: what holds it, and under which key."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((node.args, index) for index in range(len(node.args)))
            yield from ((keyword.__dict__, "value") for keyword in node.keywords)
        elif isinstance(node, ast.List | ast.Tuple):
            yield from ((node.elts, index) for index in range(len(node.elts)))
        elif isinstance(node, ast.Dict):
            yield from ((side, index) for side in (node.keys, node.values) for index in range(len(side)))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed") / "project.py"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(list(places(TREE))) - 1), odd=st.sampled_from(ODD))
def test_whatever_stands_in_a_project_makes_a_document_or_a_clear_answer(file: Path, place: int, odd: str) -> None:
    tree = copy.deepcopy(TREE)
    holder, key = list(places(tree))[place]
    holder[key] = ast.parse(odd, mode="eval").body
    file.write_text(ast.unparse(ast.fix_missing_locations(tree)))
    try:
        project = load_project(file)
    except InvalidProjectError as error:
        assert not [word for word in OURS if word in str(error)]  # noqa: PT017  # either outcome is right
        assert all(problem.path and problem.line for problem in error.problems)  # noqa: PT017  # likewise
    else:
        assert canonical(project.for_environment("prod").document())
        assert project.inventory.ordered()
