"""Whatever a project combines: the local adapter refuses it with every reason, or it can be applied and destroyed."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters.local_platform.samples import NOTHING, Said, tree
from tests.compiler.flights import flights

from modelwright import Autoscale, Canary, Environment, Guardrail, Secret
from modelwright.adapters.local.driver.platform import LocalPlatform
from modelwright.adapters.local.settings import LocalSettings
from modelwright.adapters.local.support import SUPPORT, granted
from modelwright.assembly import Assembly, changes
from modelwright.compiler import compile_project
from modelwright.contract.adapter import KINDS
from modelwright.errors import UnsupportedError

ENDPOINT = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["realtime", "serverless", "async"]),
        "instances": st.sampled_from([1, (0, 2), (2, 2)]),
        "autoscale": st.just(Autoscale(cpu=0.5)),
        "rollout": st.just(Canary(steps=[])),
        "capture": st.sampled_from([0.1, 1.0]),
        "guardrails": st.just([Guardrail.missing("distance", action="reject")]),
        "accelerator": st.just("L4"),
        "env": st.just({"TOKEN": Secret("hub-token")}),
        "protect": st.booleans(),
        "labels": st.just({"team": "ml"}),
    },
)
LAKE = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["object", "table", "stream"]),
        "retention": st.none(),
        "versioned": st.booleans(),
    },
)
TRAINING = st.fixed_dictionaries(
    {}, optional={"nodes": st.sampled_from([1, 2]), "retries": st.integers(0, 3), "tuning": st.none()}
)
SETTINGS = st.sampled_from([{}, {"accelerators": "ignore"}])


@settings(max_examples=40)
@given(ENDPOINT, LAKE, TRAINING, SETTINGS, st.booleans())
def test_a_project_is_refused_with_every_reason_or_can_be_applied(
    endpoint: dict[str, Any], lake: dict[str, Any], training: dict[str, Any], chosen: dict[str, str], private: bool
) -> None:
    environments = {"dev": Environment("local", settings=chosen, private=private)}
    project = flights(environments=environments, endpoint=endpoint, lake=lake, training=training)
    answers = {**SUPPORT, **granted(LocalSettings.model_validate(chosen))}
    refused = {name for name in project.for_environment("dev").relies_on() if not answers[name].works}
    if refused:
        with pytest.raises(UnsupportedError) as caught:
            compile_project(project, "dev")
        assert {name for name in refused if f"relies on {name}:" in str(caught.value)} == refused
        return
    made = compile_project(project, "dev")
    assert Assembly.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert changes(made, made) == ()
    _apply_and_destroy(made)


def _apply_and_destroy(made: Assembly) -> None:
    with TemporaryDirectory() as name:
        platform = LocalPlatform(Path(name), "dev")
        record = platform.apply(made, allow_data_loss=NOTHING, progress=Said())
        assert platform.plan(made) == ()
        assert "$ref" not in json.dumps(record)
        assert "$lookup" not in json.dumps(record)
        if not any(resource.protect for resource in made.resources):
            platform.destroy(allow_data_loss=NOTHING, progress=Said())
            assert tree(Path(name)) == set()


def test_the_kinds_of_the_contract_are_those_of_the_specification() -> None:
    declared = {resource.KIND for resource in flights().resources}
    assert declared | {"foundation", "identity", "schedule"} == set(KINDS)
