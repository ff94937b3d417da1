"""What a change of the project does to what exists: renamed, replaced, removed, or refused because data would go."""

from __future__ import annotations

from collections.abc import Callable

from tests.pulumi.conftest import FLIGHTS, PROGRAM
from tests.pulumi.depot import depot
from tests.pulumi.engine.engine import Engine
from tests.pulumi.engine.providers import StateOnly

Stacks = Callable[..., Engine]


def test_a_renamed_resource_is_not_replaced(acme: Stacks) -> None:
    stack = acme(StateOnly())
    assert stack.up(depot(stores='DataStore("lake"), DataStore("pond")')).ok
    before = {state.name: state for state in stack.state.values() if state.custom}
    for stores in (
        'DataStore("lagoon", renamed_from=["lake"]), DataStore("pond")',
        'DataStore("sea", renamed_from=["lake", "lagoon"]), DataStore("pond")',
    ):
        run = stack.up(depot(stores=stores))
        assert run.ok, run.errors
        assert {step.op for step in run.steps} == {"same", "update"}, run.changes
        assert run.names("update") == ["foundation/record"], "the record says the new name"
    for name, type_ in (("sea", "DataStore"), ("sea", "Bucket"), ("sea/policy", "Policy")):
        former = [alias.spec.name for alias in run.request(name, type_).aliases]
        assert former == [name.replace("sea", "lagoon"), name.replace("sea", "lake")]
    after = {state.name: state for state in stack.state.values() if state.custom}
    assert (after["sea"].id, after["sea"].inputs) == (before["lake"].id, before["lake"].inputs)
    assert after["sea/policy"].id == before["lake/policy"].id
    assert {"lake", "lagoon"}.isdisjoint({state.name for state in stack.state.values()})


def test_a_rename_without_saying_so_would_delete_data_and_is_refused(acme: Stacks) -> None:
    stack = acme(StateOnly())
    assert stack.up(depot()).ok
    run = stack.preview(depot(stores='DataStore("sea")'))
    assert not run.ok
    assert "cannot be deleted: it is protected" in run.errors


def test_a_renamed_store_of_this_machine_keeps_its_files(flights: Engine) -> None:
    project = flights.folder.parents[1] / FLIGHTS
    assert flights.up(PROGRAM).ok
    (project / ".modelwright/dev/data/lake/kept.txt").write_text("kept")
    source = project / "project.py"
    source.write_text(source.read_text().replace('DataStore("lake")', 'DataStore("sea", renamed_from=["lake"])'))
    run = flights.up(PROGRAM)
    assert run.ok, run.errors
    assert sorted(run.names("update")) == ["foundation/record", "sea"]
    assert len(run.changes) == 2
    assert (project / ".modelwright/dev/data/sea/kept.txt").read_text() == "kept"


def test_what_the_ledger_tells_of_is_not_renamed(flights: Engine) -> None:
    project = flights.folder.parents[1] / FLIGHTS
    assert flights.up(PROGRAM).ok
    told = project / ".modelwright/dev/control/ledger/v1/endpoint/delay-api/000000000001.json"
    told.parent.mkdir(parents=True)
    told.write_text("{}")
    source = project / "project.py"
    source.write_text(source.read_text().replace('"delay-api",', '"late-api", renamed_from=["delay-api"],'))
    run = flights.preview(PROGRAM.replace("delay-api", "late-api"))
    assert not run.ok
    assert "delay-api cannot become late-api: the ledger tells of it by its name" in run.errors


def test_what_holds_data_is_replaced_only_where_its_loss_is_allowed(acme: Stacks) -> None:
    provider = StateOnly()
    stack = acme(provider)
    assert stack.up(depot(settings={"inputs": {"lake": {"zone": "a"}}})).ok
    moved = {"inputs": {"lake": {"zone": "b"}}}
    run = stack.up(depot(settings=moved))
    assert not run.ok
    assert "unable to replace resource" in run.errors
    assert provider.deleted == []

    run = stack.up(depot(settings=moved, platform=', allow_data_loss=["lake"]'))
    assert run.ok, run.errors
    assert run.names("replace") == ["lake"]
    assert provider.deleted == ["lake"]
    assert run.steps[-1].op == "delete", "the new one is made before the old one goes"


def test_a_stack_may_allow_the_loss_in_its_config_and_a_name_that_is_nowhere_is_refused(acme: Stacks) -> None:
    stack = acme(StateOnly())
    for said in ("lake", '["lake"]', "lake, foundation/control"):
        stack.config["modelwright:allow-data-loss"] = said
        run = stack.preview(depot())
        assert run.ok, run.errors
        assert not run.request("lake", "Bucket").protect
    stack.config["modelwright:allow-data-loss"] = "lkae"
    run = stack.preview(depot())
    assert not run.ok
    assert "there is no lkae whose data could be lost" in run.errors
    assert "lake" in run.errors


def test_what_holds_no_data_makes_way_for_its_replacement(acme: Stacks) -> None:
    provider = StateOnly()
    stack = acme(provider)
    assert stack.up(depot(settings={"region": "north"})).ok
    run = stack.up(depot(settings={"region": "south"}))
    assert run.ok, run.errors
    steps = [step.op for step in run.steps if step.name == "lake/policy"]
    assert steps == ["delete-replaced", "replace"]


def test_the_record_is_not_written_where_anything_failed_and_the_next_update_finishes(acme: Stacks) -> None:
    provider = StateOnly(broken={"pond/policy"})
    stack = acme(provider)
    program = depot(stores='DataStore("lake"), DataStore("pond")')
    run = stack.up(program)
    assert not run.ok
    assert "acme:storage/policy:Policy pond/policy cannot be made" in run.errors
    made = {state.name for state in stack.state.values() if state.custom}
    assert {"foundation/control", "lake", "pond"} <= made
    assert "foundation/record" not in made

    provider.broken.clear()
    run = stack.up(program)
    assert run.ok, run.errors
    assert sorted(run.names("create")) == ["foundation/record", "pond/policy"]


def test_what_is_no_longer_declared_goes_once_its_loss_was_allowed(acme: Stacks) -> None:
    provider = StateOnly()
    stack = acme(provider)
    allowed = ', allow_data_loss=["lake", "foundation"]'
    assert stack.up(depot()).ok
    assert not stack.destroy().ok, "it holds data"
    assert "lake" not in provider.deleted
    assert stack.up(depot(platform=allowed)).ok
    run = stack.destroy()
    assert run.ok, run.errors
    assert stack.state == {}
    assert "foundation/record" in provider.deleted
