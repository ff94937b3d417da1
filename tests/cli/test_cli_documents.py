"""What programs read: the document of every verb, held against its published schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from tests.cli.projects import fill_lake, write_wide
from tests.cli.shells import call, check_document
from tests.cli.tree import commands

from modelwright.cli.documents.schemas import RESULTS, document_schema

ELSEWHERE = {"demo", "image build"}
"""Verbs whose documents are held against their schemas by tests of their own."""
LOSSES = [part for name in ("lake", "features", "foundation") for part in ("--allow-data-loss", name)]
LIFE = """
validate
up
compile
preview
up -e prod
train train-risk --param C=1.0
runs list
runs show train-risk-1
runs logs train-risk-1
model register train-risk-1
model list
evaluate risk:1 --against none
model promote risk:1
train train-risk --param C=0.1 --promote
model show risk:2
model history risk
model approve risk:2
model copy risk:1 --to prod
model promote risk:1 -e prod
endpoint invoke risk-api --sample -e prod
endpoint status risk-api
endpoint traffic risk-api
endpoint invoke risk-api --sample
endpoint logs risk-api
endpoint history risk-api
endpoint rollback risk-api --reason complaints
endpoint retire risk-api --reason replaced --yes
train train-risk --param C=0.01
model register train-risk-3
model reject risk:3 --reason biased
train train-slow --detach
runs cancel train-slow-1
features materialize features.ward
features get ward ward=w1 ward=none
operate --once
batch scores
batch risk:1 --source lake/new --to lake/others
monitor run
monitor report
monitor report --window 2013-07 --last 1
status
outputs
outputs risk-api
outputs risk-api url
drift
cost
comment
doctor
report --to pages
adapters list
adapters show local
adapters compare local local
ledger log
ledger verify
prune --runs-older-than 0s
schema
schema --of status
explain MW1001
explain endpoint
explain endpoint.capture
explain endpoint.scale_to_zero
adapters list
adapters show local
adapters compare local local
completion bash
destroy --yes -e dev
"""


def test_every_verb_has_a_schema_and_every_schema_a_verb() -> None:
    assert set(RESULTS) == set(commands())


@pytest.mark.parametrize("verb", sorted(RESULTS))
def test_a_schema_is_valid_and_lets_nothing_else_in(verb: str) -> None:
    schema = document_schema(verb)
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"schema", "result", "diagnostics"}
    closed = [one for one in schema["$defs"].values() if one.get("type") == "object"]
    assert all(one["additionalProperties"] is False for one in closed)


def lived(folder: Path) -> Iterator[dict[str, Any]]:
    """Live a whole life in a folder and yield the document of each command."""
    write_wide(folder)
    try:
        for line in LIFE.strip().splitlines():
            words = line.split() + (LOSSES if line.startswith("destroy") else [])
            answered = call(*words, "--json", folder=folder, MODELWRIGHT_ENVIRONMENT="dev")
            assert answered.status == 0, f"{line}: {answered.err}"
            yield json.loads(answered.out)
            if line == "up":
                fill_lake(folder)
    finally:
        for environment in ("dev", "prod"):
            call("destroy", "--yes", "-e", environment, *LOSSES, folder=folder)


@pytest.mark.timeout(600)
def test_the_documents_of_a_whole_life_are_what_their_schemas_say(tmp_path: Path) -> None:
    said: dict[str, list[Any]] = {}
    for document in lived(tmp_path):
        check_document(document)
        verb = document["schema"].removeprefix("modelwright.cli.").removesuffix("/1").replace(".", " ")
        assert document["result"] is not None, verb
        said.setdefault(verb, []).append(document["result"])
    assert set(commands()) - ELSEWHERE <= set(said)
    _a_copied_version_keeps_where_it_is_from_and_serves_there(said)


def _a_copied_version_keeps_where_it_is_from_and_serves_there(said: dict[str, list[Any]]) -> None:
    (copied,) = said["model copy"]
    assert copied["environment"] == "prod"
    assert copied["digest"] == said["model register"][0]["digest"]
    assert copied["imported"]["environment"] == "dev"
    assert copied["imported"]["version"] == 1
    there, here = said["endpoint invoke"]
    assert (there["version"], here["version"]) == (1, 2)
    assert there["outputs"][0].keys() == here["outputs"][0].keys()


def test_a_document_with_another_field_is_refused() -> None:
    document = call("explain", "MW1001", "--json").document
    with pytest.raises(ValidationError, match="surprise"):
        check_document({**document, "surprise": 1})
    with pytest.raises(ValidationError):
        check_document({**document, "result": {**document["result"], "surprise": 1}})


def test_a_failing_verb_answers_with_the_error_as_a_document() -> None:
    document = call("explain", "MW1302", "--json").document
    assert document["result"] is None
    assert document["diagnostics"][0]["code"] == "MW2203"


def test_the_schema_of_a_verb_is_printed(tmp_path: Path) -> None:
    printed = json.loads(call("schema", "--of", "model promote").out)
    assert printed == json.loads(json.dumps(document_schema("model promote")))
    assert printed["$id"] == "urn:modelwright.cli.model.promote/1"
    said = call("schema", "--of", "status", "--output", str(tmp_path / "status.json"))
    assert (
        json.loads((tmp_path / "status.json").read_text())["properties"]["schema"]["const"]
        in said.out + "modelwright.cli.status/1"
    )
    unknown = call("schema", "--of", "statsu")
    assert unknown.status == 1
    assert "did you mean 'status'?" in unknown.err
