from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from modelwright import AllAtOnce, Cluster, Endpoint, Environment, Model, Project, TrainingJob
from modelwright.errors import InvalidProjectError

TRAIN = TrainingJob("train", entrypoint="a.py:f")
API = Endpoint("api", serves="delay@champion", instances=2)


def project(overrides: dict[str, dict[str, Any]]) -> Project:
    environments = {"dev": Environment("local"), "prod": Environment("local", overrides=overrides)}
    return Project("flights", [TRAIN, Model("delay", training=TRAIN), API], environments=environments)


def told(overrides: dict[str, dict[str, Any]]) -> str:
    with pytest.raises(InvalidProjectError) as caught:
        project(overrides)
    (problem,) = caught.value.problems
    return f"{problem.path}: {problem.message} ({problem.hint})"


def test_an_overridden_resource_is_validated_as_a_whole() -> None:
    assert told({"api": {"instances": (1, 3)}}) == (
        "environments.prod.overrides.api.autoscale: says nothing, so instances=(1, 3) would never move ()"
    )


def test_a_wrong_field_or_value_is_told_with_its_path() -> None:
    assert "overrides.api.instnaces: unknown field (did you mean 'instances'?)" in told({"api": {"instnaces": 3}})
    assert "overrides.api.capture: must be a number, not '1'" in told({"api": {"capture": "1"}})
    assert "overrides.apy: the project declares no resource 'apy' (did you mean 'api'?)" in told({"apy": {}})
    assert "overrides.api.name: a name cannot be overridden" in told({"api": {"name": "other"}})


def test_an_override_that_breaks_a_reference_is_told() -> None:
    assert "overrides.api.serves: no model is called 'dely' (did you mean 'delay'?)" in told(
        {"api": {"serves": "dely:1"}}
    )


def test_a_part_may_be_given_as_a_value_or_as_its_fields() -> None:
    made = project({"api": {"rollout": AllAtOnce(), "autoscale": {"cpu": 0.5}, "instances": [1, 3], "timeout": "5s"}})
    api = made.for_environment("prod").inventory.get(Endpoint, "api")
    assert api.autoscale is not None
    assert (api.autoscale.cpu, api.instances, api.timeout.seconds) == (0.5, (1, 3), 5.0)
    assert made.for_environment("dev").inventory.get(Endpoint, "api") == API


def test_a_value_that_json_lacks_may_stand_in_an_override() -> None:
    resolved = project({"api": {"timeout": timedelta(seconds=5)}}).for_environment("prod")
    assert resolved.document()["resources"]["api"]["timeout"] == 5.0
    assert "overrides" not in resolved.document()["environment"]


def test_a_reference_may_change_between_environments() -> None:
    environments = {"dev": Environment("local", overrides={"train": {"cluster": "small"}})}
    made = Project("flights", [Cluster("small"), Cluster("large"), TRAIN], environments=environments)
    job = made.for_environment("dev").inventory.get(TrainingJob, "train")
    assert job.cluster is not None
    assert job.cluster.name == "small"
