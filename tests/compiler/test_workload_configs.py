"""Configs in requests are what workloads read: compiled, applied, filled, read by the workloads' own readers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.local_platform.samples import NOTHING, Said
from tests.compiler.flights import flights

from modelwright import Guardrail, Image, Secret
from modelwright.adapters.local.driver.platform import LocalPlatform
from modelwright.assembly.value import fill, from_json, slots
from modelwright.compiler import compile_project
from modelwright.spec.project import Project
from modelwright.workload.serve.config import read_config
from modelwright.workload.training_config import TrainConfig
from modelwright.workload.views import View

AT = "2013-03-04T00:00:00.000000Z"
SLOTS: dict[str, Any] = {
    "run": "train-delay-1",
    "hyperparameters": {"max_iter": 100},
    "at": AT,
    "model_uri": "file:///models/abc",
    "version": 7,
    "variant": "v7-r12",
    "release": 12,
    "fallback": {"delay:3": {"model": "file:///models/def"}},
    "evaluation": "e-1",
    "candidates": [{"version": 7, "model": "file:///models/abc"}],
    "since": None,
    "until": AT,
    "releases": [],
}


def configs(folder: Path, project: Project) -> Mapping[str, Any]:
    """Return the filled body of every request whose slots are known here."""
    platform = LocalPlatform(folder, "dev")
    record = platform.apply(compile_project(project, "dev"), allow_data_loss=NOTHING, progress=Said())
    bodies = {request["name"]: from_json(request["body"]) for request in record["requests"]}
    wanted = {name: slots(body) for name, body in bodies.items()}
    return {
        name: fill(body, {slot: SLOTS[slot] for slot in wanted[name]})
        for name, body in bodies.items()
        if wanted[name] <= SLOTS.keys()
    }


def test_training_finds_inputs_features_code_and_the_held_out_rows(tmp_path: Path) -> None:
    body = configs(tmp_path, flights())["train-delay/train"]
    config = TrainConfig.from_json(body["config"])
    state = tmp_path / ".modelwright/dev"
    assert config.root == tmp_path.resolve()
    assert config.entrypoint == "training.py:train"
    assert config.inputs == {"flights": (state / "data/lake/flights").as_uri()}
    assert config.output == (state / "control").as_uri()
    assert config.offline == (state / "data/lake").as_uri()
    assert config.hyperparameters == {"max_iter": 100}
    assert config.checkpoint == 600.0
    assert config.tuning is not None
    assert (config.tuning.objective, config.tuning.trials, config.tuning.parallel) == ("auc", 20, 4)
    assert config.holdout is not None
    assert (config.holdout.input, config.holdout.block) == ("flights", "day")
    assert config.holdout.where == '(("day_of_year" % 5) = 0)'
    assert (body["verb"], body["timeout"], body["retries"], body["python"]) == ("train", 7200.0, 2, None)


def test_a_view_is_read_with_its_columns_and_where_its_rows_come_from(tmp_path: Path) -> None:
    config = configs(tmp_path, flights())["features.carrier/materialise"]["config"]
    view = View.from_json(config["view"])
    assert view.entity == ("carrier",)
    assert view.features == {"mean_delay_7d": "float64", "flights_7d": "int64"}
    assert (view.ttl, view.timestamp, view.created, view.online) == (604_800.0, "hour", "created_time", True)
    assert view.source == (tmp_path / ".modelwright/dev/data/lake/features/carrier").as_uri()
    # sha256sum of {"entity":["carrier"],"features":{"flights_7d":"int64","mean_delay_7d":"float64"},"timestamp":"hour"}
    assert view.schema == "6cbd1213"
    assert config["online"] == {"kind": "sqlite", "path": str(tmp_path / ".modelwright/dev/online/features.sqlite")}
    assert config["now"] == AT


def test_a_server_reads_guardrails_limits_capture_and_online_features(tmp_path: Path) -> None:
    config = read_config(configs(tmp_path, flights())["delay-api/serve"]["config"])
    assert (config.endpoint, config.version, config.variant, config.release) == ("delay-api", 7, "v7-r12", 12)
    assert config.model == "file:///models/abc"
    assert [(rule.kind, rule.action, rule.low, rule.high, rule.below) for rule in config.guardrails] == [
        ("range", "flag", 0, 6000, None),
        ("confidence", "abstain", None, None, 0.55),
    ]
    assert (config.capture.fraction, config.capture.to) == (0.2, (tmp_path / ".modelwright/dev/control").as_uri())
    assert (config.event_time, config.event_time_tolerance, config.keys) == ("scheduled", 86_400.0, ("flight_id",))
    assert (config.limits.body_bytes, config.limits.queue, config.limits.timeout) == (8 << 20, 256, 30.0)
    assert [view["name"] for view in config.views] == ["carrier"]
    assert config.opt_in == ()


def test_a_fallback_names_the_version_that_a_release_must_find(tmp_path: Path) -> None:
    guardrails = [Guardrail.range("distance", 0, 6000, action="fallback", to="delay:3")]
    config = read_config(configs(tmp_path, flights(endpoint={"guardrails": guardrails}))["delay-api/serve"]["config"])
    assert config.fallback == {"delay:3": "file:///models/def"}


@pytest.mark.parametrize(
    ("changed", "rests"),
    [
        ({}, None),
        ({"instances": (0, 4)}, 300.0),
        ({"mode": "serverless", "instances": 1, "autoscale": None}, 300.0),
    ],
)
def test_only_an_endpoint_that_may_scale_to_zero_rests(tmp_path: Path, changed: dict[str, Any], rests: float) -> None:
    body = configs(tmp_path, flights(endpoint=changed))["delay-api/serve"]
    assert body["config"]["limits"]["idle_after"] == rests


def test_an_evaluation_compares_on_the_held_out_rows_of_its_gates(tmp_path: Path) -> None:
    config = configs(tmp_path, flights())["models.delay/evaluate"]["config"]
    assert config["where"] == '(("day_of_year" % 5) = 0)'
    assert (config["block"], config["time"], config["label"], config["metrics"]) == (
        "day",
        "scheduled",
        "late",
        ["auc"],
    )
    assert config["comparisons"] == [{"metric": "auc", "by": 0.005, "confidence": 0.95}]
    assert [check["kind"] for check in config["checks"]] == ["quality"]
    assert config["features"]["views"][0]["name"] == "carrier"


def test_a_monitor_waits_for_its_latest_labels(tmp_path: Path) -> None:
    config = configs(tmp_path, flights())["delay-watch/monitor"]["config"]
    assert (config["window"], config["labels_within"], config["min_rows"]) == (604_800.0, 259_200.0, 100)
    assert [check["kind"] for check in config["checks"]] == ["drift", "quality", "performance", "bias", "attribution"]
    assert config["keys"] == ["flight_id"]


def test_variables_come_from_the_image_first_and_secrets_stay_names(tmp_path: Path) -> None:
    changed = {"env": {"MODE": "job", "TOKEN": Secret("hub-token")}, "image": Image(env={"MODE": "image", "LANG": "C"})}
    body = configs(tmp_path, flights(training=changed))["train-delay/train"]
    assert body["env"] == {"LANG": "C", "MODE": "job", "TOKEN": {"$secret": "hub-token"}}
