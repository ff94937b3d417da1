"""The flights project as a Pulumi stack: previewed, updated, left alone, and read without Pulumi afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.pulumi.conftest import FLIGHTS, PROGRAM
from tests.pulumi.engine.engine import Engine, Run
from tests.pulumi.engine.wire import UNKNOWN, from_struct

from modelwright import connect

DECLARED = {
    "foundation": "Foundation",
    "lake": "DataStore",
    "features": "FeatureStore",
    "train-delay": "TrainingJob",
    "train-fragile": "TrainingJob",
    "models": "ModelRegistry",
    "delay-api": "Endpoint",
    "delay-watch": "Monitor",
}


def project_of(stack: Engine) -> Path:
    return stack.folder.parents[1] / FLIGHTS


def record_of(stack: Engine) -> Path:
    return project_of(stack) / ".modelwright/dev/control/platform.json"


def test_a_preview_makes_nothing_and_knows_no_address(flights: Engine) -> None:
    seen = flights.preview(PROGRAM)
    assert seen.ok, seen.errors
    assert seen.outputs == {"delay_api": UNKNOWN}
    assert from_struct(seen.request("foundation/record").object)["content"] == UNKNOWN
    assert not (project_of(flights) / ".modelwright").exists()


def test_an_update_makes_a_component_per_declared_resource_and_nothing_changes_afterwards(flights: Engine) -> None:
    done = flights.up(PROGRAM)
    assert done.ok, done.errors
    components = {urn: each for urn, each in done.registered.items() if each.type.startswith("modelwright:index:")}
    assert {each.name: each.type.rpartition(":")[2] for each in components.values()} == {
        "flights": "Platform", **DECLARED
    }  # fmt: skip
    provider = done.request("modelwright-local")
    assert provider.type == "pulumi:providers:modelwright-local"
    assert from_struct(provider.object) == {"folder": str(project_of(flights)), "environment": "dev"}
    for each in done.registered.values():
        if each.custom and each is not provider:
            assert each.type.startswith("modelwright-local:index:")
            assert components[each.parent].name == each.name.partition("/")[0]
    assert record_is_last(done)
    assert done.outputs["delay_api"].startswith("http://127.0.0.1:")

    assert flights.preview(PROGRAM).changes == []
    assert flights.up(PROGRAM).changes == []


def test_components_offer_what_the_record_says(flights: Engine) -> None:
    assert flights.up(PROGRAM).ok
    record = json.loads(record_of(flights).read_bytes())
    offered = {state.name: state.outputs for state in flights.state.values() if state.type.startswith("modelwright:")}
    assert {name: offered[name] for name in DECLARED} == {
        name: {key: value for key, value in outputs.items() if value is not None}
        for name, outputs in record["outputs"].items()
    }


def test_the_record_is_the_one_that_modelwright_up_writes_and_is_read_without_pulumi(flights: Engine) -> None:
    done = flights.up(PROGRAM)
    written = record_of(flights).read_bytes()
    code = f"""
import sys
from modelwright import connect
status = connect({str(project_of(flights))!r}).status()
assert "pulumi" not in sys.modules
print(status)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 0, told.stderr
    assert "delay-api" in told.stdout

    record_of(flights).unlink()
    connect(project_of(flights)).up()
    assert record_of(flights).read_bytes() == written
    assert json.loads(written)["outputs"]["delay-api"]["url"] == done.outputs["delay_api"]


def record_is_last(done: Run) -> bool:
    """Say whether the record was made after everything else, and waits for it."""
    made = [urn for urn, each in done.registered.items() if each.custom]
    record = done.registered[made[-1]]
    return record.name == "foundation/record" and set(record.dependencies) == set(made[:-1])
