from __future__ import annotations

from typing import Any

import pytest

from modelwright import (
    Bias,
    Cluster,
    DataStore,
    Drift,
    Endpoint,
    Environment,
    FeatureStore,
    FeatureView,
    Given,
    Guardrail,
    Metric,
    Model,
    ModelRegistry,
    Monitor,
    Performance,
    Project,
    Quality,
    Retrain,
    Secret,
    Soak,
    TrainingJob,
)
from modelwright.errors import InvalidProjectError
from modelwright.spec.base import Resource

LAKE = DataStore("lake")
ARCHIVE = DataStore.existing("archive", uri="s3://archive")
TRAIN = TrainingJob("train", entrypoint="training.py:train")
OTHER = TrainingJob("other", entrypoint="training.py:other")
API = Endpoint("api", serves="delay@champion", capture=0.1, keys=["id"])
MODEL = Model("delay", training=TRAIN)


def problems(*resources: Resource | Model, **fields: Any) -> list[str]:
    with pytest.raises(InvalidProjectError) as caught:
        Project("flights", list(resources), **fields)
    return [f"{problem.path}: {problem.message} ({problem.hint})" for problem in caught.value.problems]


def view(name: str = "carrier", source: str = "lake/x") -> FeatureView:
    return FeatureView(name, entity="carrier", timestamp="hour", source=source, features={"a": "float64"})


CASES: dict[str, tuple[list[Resource | Model], str]] = {
    "a store that is not declared": (
        [FeatureStore("features", store="lak"), LAKE],
        "features.store: the project declares no data store 'lak' (did you mean 'lake'?)",
    ),
    "an object that was left out of the list": (
        [FeatureStore("features", store=LAKE)],
        "features.store: the project declares no data store 'lake' (add it to the project's list)",
    ),
    "a name of another kind": (
        [FeatureStore("features", store="gpus"), Cluster("gpus")],
        "features.store: 'gpus' is a cluster and no data store ()",
    ),
    "a view's source in no store": (
        [LAKE, FeatureStore("features", store=LAKE, views=[view(source="lik/x")])],
        "features.carrier.source: the project declares no data store 'lik' (one of: lake)",
    ),
    "a view that is not declared": (
        [
            LAKE,
            FeatureStore("features", store=LAKE, views=[view()]),
            TrainingJob("t1", entrypoint="a.py:f", features=["features.carier"]),
        ],
        "t1.features[0]: features has no view 'carier' (did you mean 'carrier'?)",
    ),
    "an input in no store": (
        [LAKE, TrainingJob("t1", entrypoint="a.py:f", inputs={"x": "like/x"})],
        "t1.inputs.x: the project declares no data store 'like' (did you mean 'lake'?)",
    ),
    "a model that is not declared": (
        [TRAIN, MODEL, Endpoint("api", serves={"delay@champion": 90, "dely@x": 10})],
        "api.serves: no model is called 'dely' (did you mean 'delay'?)",
    ),
    "a fallback that is not declared": (
        [
            TRAIN,
            MODEL,
            Endpoint("api", serves="delay:1", guardrails=[Guardrail.missing("a", action="fallback", to="old:3")]),
        ],
        "api.guardrails[0].to: no model is called 'old' (one of: delay)",
    ),
    "a monitor of no endpoint": (
        [Monitor("watch", endpoint="apy", checks=[Quality()]), API, TRAIN, MODEL],
        "watch.endpoint: the project declares no endpoint 'apy' (did you mean 'api'?)",
    ),
    "a monitor of an endpoint that captures nothing": (
        [TRAIN, MODEL, Endpoint("api", serves="delay:1"), Monitor("watch", endpoint="api", checks=[Quality()])],
        "watch.endpoint: api captures nothing, so there is nothing to look at (give it a capture share)",
    ),
    "performance without keys": (
        [
            TRAIN,
            MODEL,
            Endpoint("api", serves="delay:1", capture=1.0),
            Monitor("watch", endpoint="api", checks=[Drift(), Performance("auc", minimum=0.5)]),
        ],
        "watch.checks[1]: needs the truth of predictions, and api has no keys to join it on",
    ),
    "equal opportunity without keys": (
        [
            TRAIN,
            MODEL,
            Endpoint("api", serves="delay:1", capture=1.0),
            Monitor("watch", endpoint="api", checks=[Bias(group="a", metric="equal_opportunity")]),
        ],
        "watch.checks[0]: needs the truth of predictions, and api has no keys to join it on",
    ),
    "retraining with a job that trains another model": (
        [TRAIN, OTHER, MODEL, API, Monitor("watch", endpoint=API, checks=[Quality()], retrain=Retrain(OTHER))],
        "watch.retrain.job: 'other' trains no model that api serves (one of: train)",
    ),
    "a gate for an environment that is not declared": (
        [TRAIN, Model("delay", training=TRAIN, gates={"prod": [Metric("auc") >= 0.5]})],
        "models.delay.gates.prod: there is no environment 'prod' (one of: dev)",
    ),
    "a soak that would never end": (
        [TRAIN, Model("delay", training=TRAIN, gates=[Soak("1h")]), API],
        "models.delay.gates.*[0]: no endpoint serves or shadows delay@challenger, so the soak would never end",
    ),
    "a soak in no environment": (
        [TRAIN, Model("delay", training=TRAIN, gates=[Soak("1h", environment="stagin")])],
        "models.delay.gates.*[0].environment: there is no environment 'stagin' (one of: dev)",
    ),
    "a batch endpoint that writes to what is only read": (
        [
            ARCHIVE,
            TRAIN,
            MODEL,
            Endpoint("api", serves="delay:1", mode="batch", source=ARCHIVE / "x", to=ARCHIVE / "y"),
        ],
        "api.to: 'archive' exists outside the project and is only read (declare a DataStore to write to)",
    ),
    "a name that is only cut to the same": (
        [DataStore("lake"), Cluster("lake")],
        "lake.name: 'lake' is declared twice (line",
    ),
    "two models of one name": (
        [TRAIN, ModelRegistry("here", models=[MODEL]), ModelRegistry("there", models=[Model("delay", training=TRAIN)])],
        "there.delay.name: 'delay' is declared twice",
    ),
    "renamed from what still stands": (
        [LAKE, DataStore("sea", renamed_from="lake")],
        "sea.renamed_from: 'lake' is still declared",
    ),
    "two renamed from one": (
        [DataStore("sea", renamed_from="lake"), DataStore("pond", renamed_from="lake")],
        "pond.renamed_from: 'sea' was renamed from 'lake' already",
    ),
    "a cycle": (
        [
            DataStore("one", depends_on=["two"]),
            DataStore("two", depends_on=["three"]),
            DataStore("three", depends_on=["one"]),
        ],
        "one: refers to itself: one → two → three → one ()",
    ),
    "itself": ([DataStore("one", depends_on=["one"])], "one: refers to itself: one → one ()"),
}


@pytest.mark.parametrize(("resources", "expected"), CASES.values(), ids=CASES)
def test_what_only_shows_side_by_side_is_found(resources: list[Resource | Model], expected: str) -> None:
    found = problems(*resources)
    assert [text for text in found if text.startswith(expected)], found
    assert len(found) == 1, found


def test_everything_wrong_is_told_at_once() -> None:
    found = problems(
        DataStore("one", depends_on=["two"]),
        FeatureStore("features", store="lake"),
        Endpoint("api", serves="delay@champion"),
        environments={"dev": Environment("local", overrides={"apy": {}})},
    )
    assert len(found) == 4


LEAKS = {
    "an AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "an API key": "sk-" + "proj-abcdefghijklmnopqrstuvwx",
    "a GitHub token": "ghp_" + "a" * 36,
    "a JSON web token": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0" + ".c2lnbmF0dXJl",
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE",
    "a password in an address": "postgres://user:" + "hunter2@db.test/x",
    "a Slack token or address": "https://hooks.slack.com/services/" + "T0/B0/x",
}


@pytest.mark.parametrize(("kind", "text"), LEAKS.items(), ids=LEAKS)
def test_what_looks_like_a_secret_is_refused_without_repeating_it(kind: str, text: str) -> None:
    job = TrainingJob("train", entrypoint="a.py:f", env={"TOKEN": text})
    found = problems(job, environments={"dev": Environment("local", settings={"deep": [{"key": text}]})})
    hint = '(store it with the platform and write Secret("its-name"))'
    assert found == [
        f"train.env.TOKEN: holds what looks like {kind} {hint}",
        f"environments.dev.settings.deep[0].key: holds what looks like {kind} {hint}",
    ]


@pytest.mark.parametrize("text", ["a\0b", "\x1b[31m", "half \ud800"])
def test_characters_that_no_document_carries_are_refused(text: str) -> None:
    job = TrainingJob("train", entrypoint="a.py:f", hyperparameters={"note": text})
    assert problems(job) == ["train.hyperparameters.note: holds a control character or half of a character (remove it)"]


@pytest.mark.parametrize(
    "value", ["task-list-of-the-day", "sk-learn", "https://user@host.test", Secret("key"), Given("a.b"), "line\nline"]
)
def test_ordinary_texts_and_references_to_secrets_are_no_leak(value: Any) -> None:
    assert Project("flights", [TrainingJob("train", entrypoint="a.py:f", env={"A": value})])


def test_a_model_may_stand_without_a_registry_beside_a_resource_called_models() -> None:
    project = Project("flights", [DataStore("models"), TRAIN, MODEL])
    assert project.inventory.registry_of("delay").name == "model-registry"
