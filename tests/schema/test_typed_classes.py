"""The oracle is the provider's own typed classes: what they refuse is refused here, and what they take is taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.schema.making import Maker, Mistake

from modelwright.assembly.resource import Resource
from modelwright.contract.schema import Sdk, find_sdk, problems

TYPED = Path(__file__).with_name("typed.py")
FOLDERS = {
    "pulumi_kubernetes": ("kubernetes:apps/v1", "kubernetes:batch/v1", "kubernetes:core/v1", "kubernetes:networking",
                          "kubernetes:autoscaling/v2", "kubernetes:rbac", "kubernetes:policy/v1:"),
    "pulumi_aws": ("aws:s3/", "aws:iam/", "aws:sagemaker/", "aws:sqs/"),
    "pulumi_gcp": ("gcp:storage/", "gcp:vertex/", "gcp:pubsub/"),
    "pulumi_azure_native": ("azure-native:storage:", "azure-native:machinelearningservices:"),
}  # fmt: skip
"""A few modules of each: importing them is what takes the time."""
ALSO = {
    "pulumi_kubernetes": {"enum", "union"},
    "pulumi_aws": set[str](),
    "pulumi_gcp": set[str](),
    "pulumi_azure_native": {"enum"},
}
"""The kinds of mistake that not every SDK offers a place for."""
EACH = 25
SEED = int(os.environ.get("MODELWRIGHT_SCHEMA_SEED", "5"))
"""The same resources every time; others by hand."""


@pytest.fixture(scope="module", params=FOLDERS)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    found = find_sdk(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed")
    return Sdk(found.root, found.distribution, found.version)


def test_what_the_typed_classes_say_is_what_the_schema_says(sdk: Sdk) -> None:
    random = Random(SEED)
    tokens = sorted(token for token in sdk.tokens() if token.startswith(FOLDERS[sdk.root.name]))
    wanted = {"none", "unknown", "missing", "type"} | ALSO[sdk.root.name]
    cases: list[tuple[str, Mistake]] = []
    for place, token in enumerate(random.sample(tokens, len(tokens))):
        if place >= EACH and wanted <= {mistake.kind for _, mistake in cases}:
            break
        maker = Maker(sdk, random, nodes=False)
        inputs = maker.inputs(token)
        cases.append((token, Mistake("none", "", inputs)))
        cases += [(token, mistake) for mistake in maker.mistakes(token, inputs)]
    sent = 0
    for (token, mistake), (refused, registered) in zip(cases, ask(sdk, cases), strict=True):
        wrongs = problems(Resource("it", token, mistake.inputs), sdk)
        ours = sorted((wrong.path, wrong.kind) for wrong in wrongs if wrong.sure)
        # A typed class sets some inputs itself; without it they have to be carried.
        filled = [[mistake.path, "missing"]] if mistake.kind == "missing" and mistake.path in (registered or ()) else []
        told = f"{token} {mistake}"
        assert ours == sorted((path, kind) for path, kind in refused + filled), told
        if mistake.kind == "none" and registered is not None:
            assert given_of(registered, mistake.inputs) == mistake.inputs, told
            sent += 1
    assert sent > EACH / 2
    assert wanted <= {mistake.kind for _, mistake in cases}


def ask(sdk: Sdk, cases: list[tuple[str, Mistake]]) -> list[Any]:
    """Return what the typed classes refuse and register of each case."""
    asked = [[token, dotted(sdk.root, token), mistake.inputs] for token, mistake in cases]
    done = subprocess.run(
        [sys.executable, str(TYPED)],
        input=json.dumps([sdk.root.name, asked]),
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    answers: list[Any] = json.loads(done.stdout)
    return answers


def given_of(registered: Any, inputs: Any) -> Any:
    """Return what was registered without the defaults that typed classes fill in on this side."""
    if isinstance(registered, dict) and isinstance(inputs, dict):
        return {name: given_of(item, inputs[name]) for name, item in registered.items() if name in inputs}
    if isinstance(registered, list) and isinstance(inputs, list):
        return [given_of(each, its) for each, its in zip(registered, inputs, strict=True)]
    return registered


@cache
def dotted(root: Path, token: str) -> str:
    """Return the class of a token as it is imported, found by its decorator in the text."""
    _, module, kind = token.split(":")
    folder = root / module.partition("/")[0]
    for file in [*folder.glob("*.py"), *root.rglob(f"{kind}.py")]:
        text = file.read_text(encoding="utf-8")
        mark = f'@pulumi.type_token("{token}")\nclass '
        if mark in text:
            name = text.partition(mark)[2].partition("(")[0]
            return ".".join([*file.relative_to(root).with_suffix("").parts, name])
    raise AssertionError(token)
