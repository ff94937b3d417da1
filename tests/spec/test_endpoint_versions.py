"""Which versions may stand behind one endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from modelwright import DataStore, Drift, Endpoint, Model, ModelRegistry, Monitor, Project
from modelwright.errors import InvalidProjectError

MODELS = ModelRegistry("models", models=[Model("delay"), Model("fare")])


def problems(**fields: Any) -> list[str]:
    try:
        Project("flights", [DataStore("lake"), MODELS, Endpoint("api", **fields)])
    except InvalidProjectError as error:
        return [f"{problem.path}: {problem.message}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    "fields",
    [
        {"serves": {"delay@champion": 90, "delay@challenger": 10}},
        {"serves": {"delay:1": 50, "delay@champion": 50}},
        {"serves": "delay@champion", "shadow": "delay@challenger"},
    ],
)
def test_versions_of_one_model_share_an_endpoint(fields: dict[str, Any]) -> None:
    assert problems(**fields) == []


def test_versions_of_two_models_do_not_because_both_may_have_the_same_number() -> None:
    (problem,) = problems(serves={"delay@champion": 50, "fare@champion": 50})
    assert problem == "api.serves: are versions of several models (delay, fare); an endpoint serves versions of one"


def test_a_shadow_of_another_model_is_refused() -> None:
    (problem,) = problems(serves="delay@champion", shadow="fare@champion")
    assert problem == "api.shadow: fare@champion is of another model than api serves"


def test_a_batch_endpoint_takes_no_weights_because_it_scores_every_row_once() -> None:
    with pytest.raises(InvalidProjectError) as caught:
        Endpoint(
            "scores", mode="batch", source="lake/new", to="lake/scores",
            serves={"delay@champion": 90, "delay@challenger": 10},
        )  # fmt: skip
    assert "takes one version in mode 'batch': every row is scored once (leave weights out)" in str(caught.value)


def test_a_monitor_without_checks_is_told_that_one_is_needed() -> None:
    with pytest.raises(InvalidProjectError, match="must have at least 1 item, and has 0"):
        Monitor("watch", endpoint="api", checks=[])
    Monitor("watch", endpoint="api", checks=[Drift(columns=["a"])])
