"""Everything that can be met is explained: every error code, kind, field and feature."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.shells import call

from modelwright import errors
from modelwright.cli.explanations import explanations
from modelwright.cli.fields import FieldNote, KindNote, explain, kinds
from modelwright.contract.discovery import installed
from modelwright.errors import ModelwrightError
from modelwright.spec.feature import FEATURES

SOURCE = Path(errors.__file__).parent
TREES = {path: ast.parse(path.read_bytes()) for path in sorted(SOURCE.rglob("*.py"))}
OURS = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ModelwrightError)
}
BUG = "MW9999"


def _called(path: Path) -> Iterator[str]:
    """Yield the names of classes that a module makes values of, or hands on to be made."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _codes() -> set[str]:
    """Return every code that stands in the source as a string of its own."""
    found = (node.value for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in found if isinstance(value, str) and re.fullmatch(r"MW\d{4}", value)}


def _raised() -> set[str]:
    """Return the names of our errors that some module but `errors` itself uses."""
    return {name for path in TREES if path.name != "errors.py" for name in _called(path)} & set(OURS)


def test_every_code_in_the_source_is_explained_and_every_explained_code_is_in_the_source() -> None:
    assert _codes() == set(explanations())


def test_every_error_is_raised_somewhere_and_has_an_explanation() -> None:
    assert _raised() == set(OURS)
    assert {OURS[name].code for name in _raised()} | {BUG} == set(explanations())


def test_a_class_with_a_code_of_its_own_stands_in_errors_or_is_the_bug() -> None:
    elsewhere = {
        node.name
        for path, tree in TREES.items()
        if path.name != "errors.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "code" for part in node.body)
    }
    assert elsewhere == {"_InternalError"}


@pytest.mark.parametrize("code", sorted(explanations()))
def test_every_code_can_be_asked_for(code: str) -> None:
    assert call("explain", code, "--json").document["result"]["code"] == code


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_field_of_every_kind_is_explained_in_a_sentence(kind: str) -> None:
    note = explain(kind)
    assert isinstance(note, KindNote)
    assert note.meaning.endswith(".")
    for field in note.fields:
        found = explain(field.path)
        assert isinstance(found, FieldNote)
        assert found.meaning.endswith("."), field.path
        assert found.takes, field.path


def test_every_feature_is_explained_with_the_answer_of_every_adapter() -> None:
    for feature, meaning in FEATURES.items():
        result = call("explain", feature, "--json").document["result"]
        assert set(result["adapters"]) == set(installed()), feature
        assert result["meaning"] == meaning or "path" in result or "kind" in result


def test_a_field_that_is_a_feature_too_is_shown_with_the_answers() -> None:
    said = call("explain", "endpoint.capture")
    assert "The share of requests to keep with their answers." in said.out
    assert re.search(r"ADAPTER +SUPPORT", said.out)
    assert re.search(r"local +native", said.out)


def test_a_subject_that_is_nothing_is_answered_with_the_nearest() -> None:
    said = call("explain", "endpoimt")
    assert said.status == 1
    assert "there is no kind, feature or error code 'endpoimt'" in said.err
    assert "did you mean 'endpoint'?" in said.err
