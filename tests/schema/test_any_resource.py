"""Any resource of any installed SDK: what its schema allows has no problems, and one mistake is one problem."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.schema.making import Maker

from modelwright.assembly.resource import Resource
from modelwright.contract.schema import Sdk, find_sdk, problems
from modelwright.contract.schema.shape import Anything, ListOf, MapOf, Object, ObjectOf, OneOf, Shape

MODULES = ["pulumi_kubernetes", "pulumi_aws", "pulumi_gcp", "pulumi_azure_native"]


@pytest.fixture(scope="module", params=MODULES)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    found = find_sdk(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed")
    return Sdk(found.root, found.distribution, found.version)  # reads the source, whatever the user's cache holds


def test_valid_inputs_have_no_problems_and_one_mistake_is_one_problem_at_its_path(sdk: Sdk) -> None:
    planted: set[str] = set()
    tokens = sorted(sdk.tokens())

    @settings(max_examples=80)
    @given(st.sampled_from(tokens), st.randoms(use_true_random=False))
    def hold(token: str, random: Random) -> None:
        maker = Maker(sdk, random)
        inputs = maker.inputs(token)
        assert problems(Resource("it", token, inputs), sdk) == (), token
        for mistake in maker.mistakes(token, inputs):
            planted.add(mistake.kind)
            wrongs = problems(Resource("it", token, mistake.inputs), sdk)
            kind = {"union": "type"}.get(mistake.kind, mistake.kind)
            assert [(wrong.path, wrong.kind) for wrong in wrongs] == [(mistake.path, kind)], token

    hold()
    assert planted >= {"unknown", "missing", "type"}


def test_nothing_in_the_sdk_is_left_unread(sdk: Sdk) -> None:
    tokens = sorted(sdk.tokens())
    unread = {found for token in Random(7).sample(tokens, 40) for found in _unread(sdk, token)}
    assert unread == set()


def _unread(sdk: Sdk, token: str) -> set[str]:
    """Return every annotation below a resource that was not understood, and so would not be checked."""
    found: set[str] = set()
    seen: set[str] = set()
    shape = sdk.resource(token)
    assert shape is not None
    waiting: list[Shape | Object] = [shape]
    while waiting:
        match waiting.pop():
            case Object(inputs):
                waiting += [given.shape for given in inputs.values()]
            case ListOf(inner) | MapOf(inner):
                waiting.append(inner)
            case OneOf(branches):
                waiting += branches
            case ObjectOf(name) if name not in seen:
                seen.add(name)
                waiting.append(sdk.object(name))
            case Anything(unread) if unread:
                found.add(unread)
    return found
