from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.spec.samples import FLIGHTS, SMALLEST

from modelwright import Canary, Drift, Endpoint, Monitor, Project, TrainingJob, load_project
from modelwright.canonical import canonical
from modelwright.errors import UnknownEnvironmentError


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(FLIGHTS)


def test_the_page_is_a_valid_project_with_its_three_environments(project: Project) -> None:
    assert project.name == "flights"
    assert list(project.environments) == ["dev", "staging", "prod"]
    assert [resource.name for resource in project.resources] == [
        "lake", "features", "gpus", "train-delay", "models", "delay-api", "delay-watch",
    ]  # fmt: skip


def test_what_was_written_as_text_is_held_as_a_value(project: Project) -> None:
    resolved = project.for_environment("staging").inventory
    job = resolved.get(TrainingJob, "train-delay")
    api = resolved.get(Endpoint, "delay-api")
    watch = resolved.get(Monitor, "delay-watch")
    assert job.timeout.timedelta == timedelta(hours=2)
    assert job.inputs["flights"].document() == "lake/flights"
    assert (api.instances.minimum, api.instances.maximum) == (1, 4)
    assert isinstance(api.rollout, Canary)
    assert [(c.metric, c.operator, c.value, c.relative) for c in api.rollout.rollback_when] == [
        ("error_rate", ">", 0.01, False),
        ("p99_ms", ">", 3.0, True),
    ]
    assert watch.retrain is not None
    assert watch.retrain.when == (3, 5)
    assert isinstance(watch.checks[0], Drift)
    assert watch.checks[0].columns == ("distance", "temp")


def test_an_override_holds_in_its_environment_only(project: Project) -> None:
    staging, prod = (project.for_environment(name).inventory.get(Endpoint, "delay-api") for name in ("staging", "prod"))
    assert (staging.instances, prod.instances) == ((1, 4), (2, 8))
    assert prod.rollout == staging.rollout


def test_an_unknown_environment_is_answered_with_the_nearest(project: Project) -> None:
    with pytest.raises(UnknownEnvironmentError, match="did you mean 'staging'") as caught:
        project.for_environment("stagin")
    assert caught.value.exit_status == 6


def test_references_lead_from_the_endpoint_to_the_job_and_its_view(project: Project) -> None:
    inventory = project.inventory
    api = inventory.get(Endpoint, "delay-api")
    (served,) = api.serves
    job = inventory.job_of(served.model)
    assert job is not None
    assert inventory.view(job.features[0]).entity == ("carrier",)
    assert inventory.needs(api) == ("models",)
    assert inventory.needs(inventory["delay-watch"]) == ("delay-api", "train-delay")
    assert [resource.name for resource in inventory.ordered()][:2] == ["lake", "features"]


def test_the_documents_hold_seconds_names_and_kinds(project: Project) -> None:
    document = project.for_environment("prod").document()
    resources = document["resources"]
    assert json.loads(canonical(document)) == document
    assert resources["delay-api"]["serves"] == "delay@champion"
    assert resources["delay-api"]["event_time_tolerance"] == 86400.0
    assert resources["delay-api"]["guardrails"][1]["kind"] == "confidence"
    assert resources["train-delay"]["features"] == ["features.carrier"]
    assert resources["train-delay"]["cluster"] == "gpus"
    assert resources["lake"]["kind"] == "data_store"
    assert resources["lake"]["holds"] == "object"
    assert resources["delay-watch"]["alerts"][1] == {"kind": "webhook", "url": {"$secret": "slack-hook"}}
    gates = resources["models"]["models"][0]["gates"]["prod"]
    assert [gate["kind"] for gate in gates] == ["beats", "soak", "approval"]
    assert gates[1] == {"kind": "soak", "duration": 86400.0, "as": "challenger", "environment": None, "min_requests": 0}


def test_the_metrics_of_a_model_come_from_its_gates(project: Project) -> None:
    assert project.inventory.model("delay").metrics == ("auc",)


def test_the_smallest_project_has_at_most_fifteen_lines_and_stands_on_this_machine(tmp_path: Path) -> None:
    assert SMALLEST.count("\n") <= 15
    (tmp_path / "project.py").write_text(SMALLEST)
    project = load_project(tmp_path)
    assert {name: env.adapter for name, env in project.environments.items()} == {"dev": "local"}
    assert project.inventory.registry_of("hello").name == "models"
    assert project.inventory.get(Endpoint, "hello-api").relies_on() == {
        "endpoint.mode.realtime",
        "endpoint.rollout.all_at_once",
    }
