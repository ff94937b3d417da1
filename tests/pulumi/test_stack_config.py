"""A stack's config says which environment it is, and cannot say anything else than that environment's settings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from tests.pulumi.depot import depot
from tests.pulumi.engine.engine import Engine

Stacks = Callable[..., Engine]
SETTINGS = {"account": "1", "region": "north", "providers": {"acme": {"region": "north", "zones": ["a", "b"]}}}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"modelwright:environment": "staging"}, "the program applies environment 'prod', and the stack's config says"),
        ({"modelwright:region": "south"}, "modelwright:region is 'south' and the settings say 'north'"),
        ({"acme:region": "south"}, "acme:region is 'south' and the settings say 'north'"),
        ({"acme:zones": '["a"]'}, "acme:zones is '[\"a\"]' and the settings say ['a', 'b']"),
    ],
    ids=["environment", "setting", "provider", "list"],
)
def test_a_config_that_contradicts_the_settings_is_an_error(acme: Stacks, config: dict[str, str], said: str) -> None:
    stack = acme()
    stack.config = config
    run = stack.preview(depot(settings=SETTINGS, platform=', environment="prod"'))
    assert not run.ok
    assert said in run.errors
    assert [each.name for each in run.registered.values()] == ["depot-prod"]


def test_a_config_that_says_the_same_is_none(acme: Stacks) -> None:
    stack = acme()
    stack.config = {
        "modelwright:environment": "prod",
        "modelwright:account": "1",
        "acme:region": "north",
        "acme:zones": '["a", "b"]',
        "acme:of-another": "counts for providers that others make",
    }
    run = stack.preview(depot(settings=SETTINGS))
    assert run.ok, run.errors


def test_the_environment_is_the_one_in_the_config_or_of_the_stacks_name(acme: Stacks) -> None:
    stack = acme()
    assert stack.preview(depot()).ok
    stack.stack = "live"
    run = stack.preview(depot())
    assert not run.ok
    assert "it is not said which environment the stack 'live' is" in run.errors
    assert "run `pulumi config set modelwright:environment …` with one of: prod" in run.errors
    stack.config = {"modelwright:environment": "prod"}
    assert stack.preview(depot()).ok
    stack.config = {"modelwright:environment": "prood"}
    run = stack.preview(depot())
    assert not run.ok
    assert "UnknownEnvironmentError" in run.errors


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("None", "adapter 'acme' does not say how an engine keeps its record"),
        ("Engine(record=lambda content, _: Resource('kept', 'acme:A'))", "adapter 'acme' keeps no record in kept"),
        (
            "Engine(record=lambda content, _: Resource('kept', 'acme:A', {'a': content, 'in': Ref('nowhere', 'id')}))",
            "kept refers to resource 'nowhere', which does not exist",
        ),
        ("Engine(record=lambda content, _: Resource('lake', 'acme:A', {'a': content}))", "resource lake exists more"),
    ],
    ids=["no engine", "no content", "nowhere", "name twice"],
)
def test_an_adapter_must_say_where_the_record_is_kept(acme: Stacks, engine: str, said: str) -> None:
    program = f"""
import acme_adapter, dataclasses
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Ref
from modelwright.contract.engine import Engine

acme_adapter.ADAPTER = dataclasses.replace(acme_adapter.ADAPTER, engine={engine})
{depot()}
"""
    run = acme().preview(program)
    assert not run.ok
    assert said in run.errors
    assert [each.name for each in run.registered.values()] == ["depot-prod"]


def test_a_stack_holds_one_platform(acme: Stacks) -> None:
    run = acme().preview(depot(after='Platform("second", project)'))
    assert not run.ok
    assert "platform 'second' cannot stand beside 'depot' in one stack" in run.errors


def test_outputs_that_there_are_not_are_named(acme: Stacks) -> None:
    after = """
for ask in (lambda: platform.data_stores["lke"], lambda: platform.data_stores["lake"].offered("url")):
    try:
        ask()
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
"""
    run = acme().preview(depot(after=after))
    assert run.ok, run.errors
    assert "NotFoundError: there is no DataStore 'lke'" in run.output
    assert "UsageError: DataStore lake offers no 'url'" in run.output


def test_only_the_platform_plane_needs_pulumi() -> None:
    code = "import modelwright, sys\nfrom modelwright.client.connect import connect\nassert 'pulumi' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
