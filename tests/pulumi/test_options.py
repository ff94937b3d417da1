"""What a program says of the platform reaches everything beneath it, and each resource has what it needs of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from tests.pulumi.depot import depot
from tests.pulumi.engine.engine import Engine, Register
from tests.pulumi.engine.wire import from_struct

Stacks = Callable[..., Engine]
HANDED = ", opts=ResourceOptions(parent=area, providers=[cloud], depends_on=[first], protect=True, transforms=[stamp])"
BEFORE = """
def stamp(args):
    if args.custom:
        return pulumi.ResourceTransformResult({**args.props, "stamped": "by the program"}, args.opts)

area = pulumi.ComponentResource("site:index:Area", "area")
cloud = pulumi.ProviderResource("acme", "handed", {"region": "east"})
first = pulumi.CustomResource("site:index:Gate", "first", {})
"""


def beneath(registered: Mapping[str, Register]) -> dict[str, Register]:
    """Return the registrations beneath the platform, and its own."""
    return {urn: each for urn, each in registered.items() if "modelwright:index:Platform" in urn}


def test_options_of_the_platform_reach_every_child(acme: Stacks) -> None:
    stack = acme()
    run = stack.up(depot(before=BEFORE, platform=HANDED))
    assert run.ok, run.errors
    named = {each.name: urn for urn, each in run.registered.items()}
    platform, *children = beneath(run.registered).values()
    assert platform.parent == named["area"]
    assert len(platform.transforms) == 1
    assert dict(platform.providers)["acme"].startswith(f"{named['handed']}::")
    assert len(children) == 2 + 4
    for each in children:
        assert each.protect, each.name
        assert named["first"] in each.dependencies, each.name
        if each.custom:
            assert each.provider.startswith(f"{named['handed']}::"), each.name
            assert from_struct(each.object)["stamped"] == "by the program"
        else:
            assert dict(each.providers)["acme"].startswith(f"{named['handed']}::")


@pytest.mark.parametrize("alias", ['Alias(name="depot", parent=former)', "former_urn"], ids=["parent", "urn"])
def test_a_platform_that_moves_takes_everything_with_it(acme: Stacks, alias: str) -> None:
    stack = acme()
    area = 'former = pulumi.ComponentResource("site:index:Area", "old")'
    assert stack.up(depot(before=area, platform=", opts=ResourceOptions(parent=former)")).ok
    urn = 'former_urn = former.urn.apply(lambda u: u.rpartition("::")[0] + "$modelwright:index:Platform::depot")'
    moved = f"{area}\n{urn}"
    run = stack.up(depot(before=moved, platform=f", opts=ResourceOptions(aliases=[{alias}])"))
    assert run.ok, run.errors
    assert run.changes == []


def test_settings_make_a_provider_of_their_own_for_every_resource(acme: Stacks) -> None:
    stack = acme()
    settings = {"providers": {"acme": {"region": "north", "accounts": ["1", "2"], "strict": True}}}
    run = stack.up(depot(settings=settings))
    assert run.ok, run.errors
    provider = run.request("acme", "pulumi:providers")
    assert from_struct(provider.object) == {"region": "north", "accounts": '["1","2"]', "strict": "true"}
    custom = [each for each in run.registered.values() if each.custom and each is not provider]
    assert {each.provider.rpartition("::")[0].rpartition("::")[2] for each in custom} == {"acme"}
    assert {each.version for each in (*custom, provider)} == {"4.5.0-alpha.1"}
    asked = next(each for each in run.requests if type(each).__name__ == "ResourceInvokeRequest")
    assert asked.provider == custom[0].provider

    handed = stack.preview(depot(settings=settings, before=BEFORE, platform=", opts=ResourceOptions(provider=cloud)"))
    assert handed.ok, handed.errors
    assert [each.name for each in handed.registered.values() if "pulumi:providers" in each.type] == ["handed"]


def test_each_resource_has_what_it_needs_of_its_own(acme: Stacks) -> None:
    run = acme().up(depot(stores='DataStore("lake"), DataStore("pond", depends_on=["lake"])'))
    assert run.ok, run.errors
    bucket, policy, pond = (
        run.request(name, kind) for name, kind in (("lake", "Bucket"), ("lake/policy", ""), ("pond", "Bucket"))
    )
    assert (bucket.protect, bucket.deleteBeforeReplace) == (True, False)
    assert (policy.protect, policy.deleteBeforeReplace) == (False, True)
    assert list(policy.replaceOnChanges) == ["zone"]
    named = {(each.name, each.type): urn for urn, each in run.registered.items()}
    assert {named["lake", bucket.type], named["lake/policy", policy.type]} <= set(pond.dependencies)


@pytest.mark.parametrize("said", ['ignore_changes=["name"]', "retain_on_delete=True", 'version="1.0.0"'])
def test_an_option_without_effect_is_refused(acme: Stacks, said: str) -> None:
    run = acme().preview(depot(platform=f", opts=ResourceOptions({said})"))
    assert not run.ok
    assert f"cannot take the option {said.partition('=')[0]}" in run.errors
    assert [each.name for each in run.registered.values()] == ["depot-prod"]
