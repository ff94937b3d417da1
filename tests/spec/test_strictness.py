"""Specs are strict when made and frozen afterwards."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.samples import everything

from modelwright import (
    Autoscale,
    Bias,
    Budget,
    Canary,
    Cluster,
    DataStore,
    Drift,
    Email,
    Endpoint,
    Environment,
    FeatureStore,
    FeatureView,
    Guardrail,
    Metric,
    Model,
    Monitor,
    Performance,
    Project,
    Quality,
    Retrain,
    Soak,
    TrainingJob,
    Tuning,
    Webhook,
)
from modelwright.errors import InvalidProjectError

NAN = float("nan")
INFINITY = float("inf")

WRONG: list[tuple[Callable[[], object], str, str]] = [
    (lambda: _made(DataStore, "lake", versoned=True), "lake.versoned", "unknown field (did you mean 'versioned'?)"),
    (lambda: _made(DataStore, "lake", versioned=1), "lake.versioned", "must be True or False, not 1"),
    (lambda: _made(DataStore, "lake", kind="objet"), "lake.kind", "did you mean 'object'"),
    (lambda: _made(DataStore, "lake", labels={"a": 1}), "lake.labels.a", "must be a string, not 1"),
    (lambda: _made(DataStore, "lake", labels=["a"]), "lake.labels", "must be a dict"),
    (lambda: _made(DataStore, "lake", "b"), "lake", "takes 1 values by position, 2 were given"),
    (lambda: _made(DataStore, "lake", name="b"), "lake.name", "given twice"),
    (lambda: _made(DataStore), "DataStore.name", "is required"),
    (lambda: _made(DataStore, "scratch", kind="volume"), "scratch.size", "a volume needs a size"),
    (lambda: _made(DataStore, "lake", size="1GiB"), "lake.size", "only a volume has a size"),
    (lambda: _made(DataStore.existing, "lake", uri="s3://x", versioned=True), "lake.versioned", "only read"),
    (lambda: _made(DataStore, "lake", retention="0d"), "lake.retention", "longer than nothing"),
    (lambda: _made(Cluster, "gpus", nodes=(4, 1)), "gpus.nodes", "the minimum 4 is greater than the maximum 1"),
    (lambda: _made(Cluster, "gpus", cpus=True), "gpus.cpus", "must be an integer, not True"),
    (lambda: _made(Cluster, "gpus", cpus="3"), "gpus.cpus", "must be an integer, not '3'"),
    (lambda: _made(Cluster, "gpus", max_hourly_cost=NAN), "gpus.max_hourly_cost", "finite number, not nan"),
    (lambda: _made(Cluster, "gpus", max_hourly_cost=INFINITY), "gpus.max_hourly_cost", "finite number, not inf"),
    (lambda: _made(Cluster, "gpus", accelerator=["H100:8", "H100:0"]), "gpus.accelerator[1]", "no accelerator"),
    (lambda: _made(Cluster, "gpus", spot=True, reservation="r"), "gpus.reservation", "cannot be spot"),
    (lambda: _made(TrainingJob, "train", entrypoint="training.py"), "train.entrypoint", "write file.py:function"),
    (lambda: _made(TrainingJob, "train", entrypoint="../x.py:f"), "train.entrypoint", "relative to the project"),
    (lambda: _job(hyperparameters={"a": NAN}), "train.hyperparameters.a", "no finite number"),
    (lambda: _job(hyperparameters={"a": {"b": object()}}), "train.hyperparameters.a", "cannot be written as JSON"),
    (lambda: _job(hyperparameters={"a": 2**64}), "train.hyperparameters.a", "64 bits"),
    (lambda: _job(hyperparameters={"a": _endless()}), "train.hyperparameters.a", "64 levels deep"),
    (lambda: _job(inputs={"a": "../x"}), "train.inputs.a", "no path in a data store"),
    (lambda: _job(features=["carrier"]), "train.features[0]", "must be a feature view"),
    (lambda: _job(nodes=2), "train.cluster", "2 nodes need a cluster"),
    (lambda: _job(cluster=DataStore("lake")), "train.cluster", "must be a cluster or its name"),
    (lambda: _job(timeout="5m", checkpoint="10m"), "train.checkpoint", "comes never within 5m"),
    (lambda: _job(allow_formats=["pickles"]), "train.allow_formats[0]", "did you mean 'pickle'"),
    (lambda: _made(Tuning, objective="auc", space={}), "Tuning.space", "at least 1 item"),
    (
        lambda: _made(Tuning, objective="auc", space={"a": (1, 2)}, trials=2, parallel=3),
        "Tuning.parallel",
        "only 2 trials",
    ),
    (lambda: _view(features={"a": "float"}), "carrier.features.a", "did you mean 'float64'"),
    (lambda: _view(features={"hour": "float64"}), "carrier", "column 'hour' is used 2 times"),
    (lambda: _view(entity=["a", "a"]), "carrier.entity", "column 'a' is named twice"),
    (lambda: _view(refresh="* * *"), "carrier.refresh", "five fields"),
    (
        lambda: _made(FeatureStore, "features", store="lake", views=[_view(), _view()]),
        "features.views",
        "2 views are called",
    ),
    (lambda: _made(Model, "delay", holdout="a == 1"), "delay.holdout", "`evaluation` names no rows"),
    (lambda: _model(holdout="a == 1"), "delay.block", "held-out rows are whole blocks"),
    (lambda: _model(evaluation_window="7d"), "delay.timestamp", "the column with their time"),
    (lambda: _model(gates={"dev": [Metric("auc") >= 0.9, Metric("auc") <= 0.5]}), "delay.gates.dev[1]", "cannot be"),
    (lambda: _model(gates={"dev": [Metric("auc").beats()]}), "delay.gates.dev[0]", "`label`"),
    (lambda: _model(gates={"dev": ["auc > 1"]}), "delay.gates.dev[0]", "is none of: Approval, Beats"),
    (lambda: Metric("auc") >= "0.5", "Threshold.value", "must be a number, not '0.5'"),  # type: ignore[operator]  # on purpose
    (lambda: Metric("auc").beats(confidence=1.0), "Beats.confidence", "less than 1"),
    (lambda: _made(Soak, "24 hours"), "Soak.duration", "is no duration"),
    (lambda: _endpoint(serves={"a:1": 50, "a:2": 49}), "api.serves", "sum to 99 and not to 100"),
    (lambda: _endpoint(serves=Model("delay")), "api.serves", "write delay@champion or delay:7"),
    (lambda: _endpoint(rollout=3), "api.rollout", "3 is none of: AllAtOnce, Canary"),
    (lambda: _endpoint(capture=1.5), "api.capture", "less than or equal to 1"),
    (lambda: _endpoint(instances=(1, 3)), "api.autoscale", "would never move"),
    (lambda: _endpoint(shadow="delay@champion"), "api.shadow", "served already"),
    (lambda: _endpoint(schedule="0 * * * *"), "api.schedule", "goes with mode 'batch'"),
    (lambda: _endpoint(mode="batch"), "api.source", "is required in mode 'batch'"),
    (lambda: _endpoint(timezone="Mars/X"), "api.timezone", "is no time zone"),
    (lambda: _endpoint(timeout="0s"), "api.timeout", "longer than nothing"),
    (lambda: _made(Autoscale), "Autoscale", "and has none of them"),
    (lambda: _made(Autoscale, cpu=0.5, concurrency=2), "Autoscale", "and has concurrency, cpu"),
    (lambda: _made(Canary, steps=[10, 500]), "Canary.steps[1]", "between 1 and 99 percent, not 500"),
    (lambda: _made(Canary, steps=[50, 10]), "Canary.steps[1]", "10 after 50"),
    (lambda: _made(Canary, rollback_when=["errors > 1"]), "Canary.rollback_when[0]", "of error_rate, p50_ms, p99_ms"),
    (lambda: _made(Guardrail.range, "a", 2, 1), "Guardrail.low", "the minimum 2.0 is greater than the maximum 1.0"),
    (lambda: _made(Guardrail.range, "a"), "Guardrail.low", "a range needs"),
    (lambda: _made(Guardrail.missing, "a", action="fallback"), "Guardrail.to", "goes with action 'fallback'"),
    (lambda: _made(Guardrail.missing, "a", action="override"), "Guardrail.value", "goes with action 'override'"),
    (lambda: _made(Guardrail.missing, "a b"), "Guardrail.column", "is no column name"),
    (lambda: _made(Performance, "auc"), "Performance.minimum", "a minimum or a maximum is required"),
    (lambda: _made(Performance, "auc", minimum=2, maximum=1), "Performance.minimum", "is greater than the maximum"),
    (lambda: _made(Drift, threshold=0.0), "Drift.threshold", "must be above 0"),
    (lambda: _made(Drift, method="psy"), "Drift.method", "did you mean 'psi'"),
    (lambda: _made(Quality, nulls=-0.1), "Quality.nulls", "greater than or equal to 0"),
    (lambda: _made(Bias, group="a", metric="parity"), "Bias.metric", "demographic_parity"),
    (lambda: _made(Email, "ml at acme"), "Email.address", "is no address"),
    (lambda: _made(Webhook, "ftp://x"), "Webhook.url", "https://"),
    (lambda: _monitor(checks=[]), "watch.checks", "at least 1 item"),
    (lambda: _monitor(window="30s"), "watch.window", "at least a minute"),
    (lambda: _monitor(schedule="0 25 * * *"), "watch.schedule", "'25' is no hour"),
    (lambda: _monitor(retrain=Retrain("t", on=["auk"])), "watch.retrain.on[0]", "did you mean 'auc'"),
    (lambda: _monitor(checks=[Quality(), Quality()]), "watch.checks[1]", "there is a check 'quality' already"),
    (lambda: _made(Budget, monthly=0), "Budget.monthly", "greater than 0"),
    (lambda: _made(Environment, "Local!"), "Environment.adapter", "pattern"),
    (lambda: _made(Environment, "local", settings={"a": NAN}), "Environment.settings.a", "no finite number"),
    (lambda: _made(Project, "flights", ["lake"]), "resources[0]", "'lake' is none of: Cluster, DataStore"),
    (lambda: _made(Project, "flights", [], environments={}), "environments", "at least 1 item"),
    (
        lambda: _made(Project, "flights", [], environments={"Dev": Environment("local")}),
        "environments.Dev",
        "not a name",
    ),
]


def _made(spec: Any, /, *values: object, **fields: object) -> object:
    """Make a spec without a type checker noticing what is wrong with it."""
    return spec(*values, **fields)


def _job(**fields: Any) -> TrainingJob:
    return TrainingJob("train", entrypoint="training.py:train", **fields)


def _view(**fields: Any) -> FeatureView:
    given: dict[str, Any] = {"entity": "carrier", "timestamp": "hour", "source": "lake/x", "features": {"a": "int64"}}
    return FeatureView("carrier", **{**given, **fields})


def _model(**fields: Any) -> Model:
    return Model("delay", evaluation="lake/flights", **fields)


def _endpoint(**fields: Any) -> Endpoint:
    return Endpoint("api", **{"serves": "delay@champion", **fields})


def _monitor(**fields: Any) -> Monitor:
    return Monitor("watch", **{"endpoint": "api", "checks": [Performance("auc", minimum=0.5)], **fields})


def _endless() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("make", "path", "message"), WRONG, ids=[f"{path}-{index}" for index, (_, path, _) in enumerate(WRONG)]
)
def test_a_wrong_spec_says_where_and_what(make: Callable[[], object], path: str, message: str) -> None:
    with pytest.raises(InvalidProjectError) as caught:
        make()
    assert path in [problem.path for problem in caught.value.problems]
    assert message in str(caught.value)
    assert caught.value.exit_status == 2
    assert "Traceback" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_a_problem_carries_the_line_of_the_constructor() -> None:
    with pytest.raises(InvalidProjectError) as caught:
        DataStore("La-ke")  # this line
    (problem,) = caught.value.problems
    assert "# this line" in Path(problem.file).read_text().splitlines()[(problem.line or 0) - 1]


@pytest.mark.parametrize("name", ["ab", "a-b", "a1", "a" * 20])
def test_these_are_names(name: str) -> None:
    assert DataStore(name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "",
        "A-b",
        "1a",
        "-a",
        "a-",
        "a_b",
        "a" * 21,
        "a" * 1000,
        "fläche",
        "\u0430b",
        "a b",
        "ab\n",
        "ab\0",
        "\U0001f600",
    ],
)
def test_these_are_none(name: str) -> None:
    with pytest.raises(InvalidProjectError, match="is not a name: 2 to 20 lower-case letters"):
        DataStore(name)


@given(st.text(max_size=30))
def test_any_text_is_a_name_or_is_refused_as_one(name: str) -> None:
    try:
        held = DataStore(name).name
    except InvalidProjectError as error:
        assert "is not a name" in str(error)  # noqa: PT017  # either outcome is right
    else:
        assert held.isascii()
        assert held == held.lower()


def test_nothing_of_a_spec_can_be_changed() -> None:
    project = everything()
    api = project.inventory["delay-api"]
    with pytest.raises(FrozenInstanceError, match="Endpoint is frozen: declare it again instead of changing name"):
        api.name = "other"
    with pytest.raises(FrozenInstanceError, match="deleting name"):
        del api.name
    job: Any = project.inventory["train"]
    for change in (
        lambda: job.inputs.update({"x": 1}),
        lambda: job.hyperparameters.__setitem__("depth", 4),
        lambda: job.hyperparameters.pop("depth"),
        project.environments["prod"].settings["nested"].clear,
        lambda: project.environments["prod"].overrides["delay-api"].setdefault("x", 1),  # type: ignore[attr-defined]  # likewise
    ):
        with pytest.raises(TypeError, match="frozen"):
            change()
    assert job.hyperparameters["layers"] == (64, 32)
    assert isinstance(project.environments["prod"].settings["nested"]["list"], tuple)


def test_what_was_given_can_change_without_the_spec_changing() -> None:
    depths: dict[str, Any] = {"depth": 3, "layers": [64]}
    job = TrainingJob("train", entrypoint="a.py:f", hyperparameters=depths)
    depths["depth"] = 4
    depths["layers"].append(32)
    assert job.hyperparameters == {"depth": 3, "layers": (64,)}


def test_specs_are_equal_and_hash_by_value_and_survive_copying() -> None:
    first, second = everything(), everything()
    assert first == second
    assert hash(first) == hash(second)
    assert copy.deepcopy(first) == first
    assert pickle.loads(pickle.dumps(first)) == first
    assert first.for_environment("prod").inventory["delay-api"] != first.inventory["delay-api"]


def test_a_spec_made_of_another_ones_held_values_is_the_same() -> None:
    for resource in everything().resources:
        assert type(resource)(**resource.fields()) == resource


def test_a_spec_is_shown_as_it_was_written() -> None:
    assert repr(DataStore("lake", versioned=True)) == "DataStore(name='lake', versioned=True)"
    assert str(Canary(steps=[5])) == "Canary(steps=(5,))"


def test_editors_are_told_the_fields() -> None:
    Canary()
    assert list(inspect.signature(Canary).parameters) == ["steps", "bake", "min_requests", "rollback_when"]
