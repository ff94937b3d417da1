"""The kit itself: its corpus covers everything there is, and it cannot be satisfied by accident."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import modelwright
import modelwright.testing.answers
import modelwright.testing.fields
from modelwright.adapters.local.adapter import ADAPTER
from modelwright.contract.support import Answer, native, never
from modelwright.spec.feature import FEATURES
from modelwright.testing import ConformanceError, conformance
from modelwright.testing.corpus import corpus
from modelwright.testing.corpus.edit import Edit
from modelwright.testing.fields import kinds, unsampled
from modelwright.testing.readers import READERS, is_read, keys_read
from modelwright.testing.shape import SLOTS, assemblies
from modelwright.testing.subject import Subject
from modelwright.testing.traces import Trace

PACKAGE = Path(modelwright.__file__).parent


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(ADAPTER, {"accelerators": "ignore"})


def test_every_field_of_every_kind_has_an_edit() -> None:
    assert unsampled() == []


def test_an_edit_changes_the_field_that_it_names_and_no_other() -> None:
    for edit in corpus():
        if edit.field:
            before, after = dict(edit.before or {}), dict(edit.after or {})
            before.pop(edit.field, None)
            after.pop(edit.field, None)
            assert before == after, str(edit)


def test_every_feature_is_shown_by_an_edit_that_adds_it(subject: Subject) -> None:
    for feature in FEATURES:
        ways = [seen for seen in map(subject.survey, corpus()) if seen.shows(feature)]
        assert ways, feature
        assert all(feature in seen.added for seen in ways), feature


def test_every_kind_that_a_project_lists_is_a_kind_of_the_corpus() -> None:
    assert {edit.kind for edit in corpus()} == set(kinds()) - {"all_at_once"}  # which has no field


def test_a_new_field_without_a_sample_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_another() -> Iterator[Edit]:
        return (edit for edit in corpus() if edit.path != "endpoint.queue")

    monkeypatch.setattr(modelwright.testing.fields, "corpus", with_another)
    assert unsampled() == ["endpoint.queue"]
    asked = {check.name: check for check in conformance("local")}
    with pytest.raises(ConformanceError, match=r"endpoint\.queue is a field without a sample"):
        asked["field[endpoint.queue]"]()


PLANTED = """
from modelwright.adapters.local.adapter import ADAPTER
from modelwright.spec.data_store import DataStore
from modelwright.testing import fields
from modelwright.testing.corpus.edit import Edit
from modelwright.testing.subject import Subject

class Planted(DataStore):
    tier: str = "warm"

place = lambda given: {"resources": [Planted("lake", **given)]}
fields.corpus = lambda: (Edit("data_store", "tier", {"tier": "warm"}, {"tier": "cold"}, place),)
try:
    fields._alive(Subject(ADAPTER), "data_store", "tier")
except AssertionError as error:
    print(error)
"""


def test_a_field_planted_in_a_spec_and_read_by_nobody_is_found() -> None:
    said = subprocess.run([sys.executable, "-c", PLANTED], capture_output=True, text=True, check=True)
    assert "field data_store.tier: data_store tier: 'warm' → 'cold' changes nothing that is made" in said.stdout


@pytest.mark.parametrize(
    ("purpose", "module"),
    [
        ("train", "lifecycle/training.py"),
        ("evaluate", "lifecycle/evaluation.py"),
        ("serve", "lifecycle/planning.py"),
        ("monitor", "lifecycle/watching.py"),
        ("materialise", "lifecycle/schedules.py"),
        ("batch", "lifecycle/schedules.py"),
        ("batch of a model", "client/batches.py"),
    ],
)
def test_every_slot_that_the_kit_lets_pass_is_filled_where_the_request_is_made(purpose: str, module: str) -> None:
    tree = ast.parse((PACKAGE / module).read_text())
    dictionaries = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    keys = {key.value for node in dictionaries for key in node.keys if isinstance(key, ast.Constant)}
    assert SLOTS[purpose] - keys == set()


def test_every_key_of_a_workload_config_is_read_by_the_workload(subject: Subject) -> None:
    """A config that nobody reads would make a dead field look alive."""
    sources = [*(PACKAGE / "workload").rglob("*.py"), *(PACKAGE / "adapters/local/router").rglob("*.py")]
    words = {word for path in sources for word in re.findall(r"\w+", path.read_text())}
    unread = set()
    for made in assemblies(subject):
        for request in made.requests:
            config = request.body.get("config")
            unread |= {key for key in _keys(config) if key not in words} if config else set()
    assert unread - DATA == set()


DATA = {"flights", "mean_delay", "rate", "TOKEN", "MODE", "NET"}
"""Keys of the samples' own: names of inputs, features, hyperparameters and variables."""


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from _keys(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _keys(item)


def test_whoever_is_named_as_a_reader_does_read_the_key() -> None:
    assert [path for path in READERS if not is_read(path)] == []


def test_a_reader_that_is_gone_or_reads_something_else_is_no_excuse(monkeypatch: pytest.MonkeyPatch) -> None:
    assert keys_read("modelwright.lifecycle.no_such_module") == frozenset()
    assert "never_read" not in keys_read("modelwright.lifecycle.gates")
    monkeypatch.setitem(READERS, "endpoint.serves", ("modelwright.lifecycle.gates", "never_read"))
    asked = {check.name: check for check in conformance("local")}
    with pytest.raises(ConformanceError, match=r"field endpoint\.serves"):
        asked["field[endpoint.serves]"]()


def test_every_field_that_is_excused_by_a_reader_needs_the_excuse(subject: Subject) -> None:
    for path in READERS:
        seen = [subject.look(edit) for edit in corpus() if edit.path == path]
        assert any(one.supported and not one.emitted for one in seen), path


def test_evidence_is_a_whole_step_of_a_path() -> None:
    trace = Trace("local.Serve#body.config.capture.fraction")
    assert trace.shown_by("local.Serve#body.config.capture")
    assert not trace.shown_by("local.Serve#body.config.cap")
    assert not trace.shown_by("local.Serve")


def answering(feature: str, answer: Answer) -> Callable[[], None]:
    """Return the check of a feature for the built-in adapter with another answer."""
    adapter = replace(ADAPTER, support={**ADAPTER.support, feature: answer})
    (check,) = [
        one for one in modelwright.testing.answers.checks(Subject(adapter)) if one.name == f"feature[{feature}]"
    ]
    return check


@pytest.mark.parametrize(
    "feature", ["cluster.spot", "data_store.kind.stream", "endpoint.capture", "monitor.check.bias", "training.tuning"]
)
def test_a_promise_that_nothing_shows_is_not_believed(feature: str) -> None:
    with pytest.raises(ConformanceError, match="nothing shows local:Nothing"):
        answering(feature, native("local:Nothing"))()


@pytest.mark.parametrize(
    "feature",
    ["data_store.kind.object", "endpoint.capture", "endpoint.mode.serverless", "feature_store.online", "training"],
)
def test_a_refusal_of_what_is_there_is_not_believed(feature: str) -> None:
    with pytest.raises(ConformanceError, match="but it is there"):
        answering(feature, never("it cannot be done", instead="nothing"))()


def test_half_of_the_evidence_is_not_enough() -> None:
    with pytest.raises(ConformanceError, match="also leaves local:OnlineStore"):
        answering("feature_store.online", native("local.Job#body.config"))()
