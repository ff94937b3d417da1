"""The value language in a running program: what arrives at the engine is what the nodes mean, and secrets stay so."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.pulumi.depot import depot
from tests.pulumi.engine.engine import Engine
from tests.pulumi.engine.providers import StateOnly
from tests.pulumi.engine.wire import SECRET, SIGNATURE, UNKNOWN, from_struct, shows, wrapped

from modelwright import Given

CANARY = "canary-5f0c1d"
Stacks = Callable[..., Engine]


def test_every_node_becomes_what_it_means(acme: Stacks) -> None:
    stack = acme(StateOnly({"foundation/control": {"uri": "acme://control", "about": {"port": 8080, "zone": "b"}}}))
    values = {
        "ref": {"$ref": "foundation/control.uri"},
        "inner": {"$ref": "foundation/control.about.port"},
        "join": {"$join": ["a:", {"$ref": "foundation/control.uri"}, ":", 7, True]},
        "json": {"$json": {"b": [{"$ref": "foundation/control.about.zone"}, None], "a": 1}},
        "nested": {"$join": ["x=", {"$json": {"$$literal": {"$ref": "foundation/control.uri"}}}]},
        "given": {"$given": "network.subnets"},
        "lookup": {"$lookup": {"function": "acme:index/getCaller:getCaller", "args": {"region": "south"}}},
        "plain": {"$$dollar": [1, 2.5, "three"]},
    }
    program = depot(
        settings={"inputs": {"lake": values}}, given='{"network.subnets": Output.from_input(["s-1", "s-2"])}'
    )
    seen, done = stack.preview(program), stack.up(program)
    assert done.ok, done.errors
    expected = {
        "ref": "acme://control",
        "inner": 8080,
        "join": "a:acme://control:7true",
        "json": '{"a":1,"b":["b",null]}',
        "nested": 'x={"$literal":"acme://control"}',
        "given": ["s-1", "s-2"],
        "lookup": "111122223333",
        "plain": {"$dollar": [1, 2.5, "three"]},
    }
    made = from_struct(done.request("lake", "Bucket").object)
    assert {key: made[key] for key in expected} == expected
    before = from_struct(seen.request("lake", "Bucket").object)
    unknown = dict.fromkeys(("ref", "inner", "join", "json", "nested"), UNKNOWN)
    assert {key: before[key] for key in expected} == {**expected, **unknown}


def test_one_secret_makes_secret_all_that_it_stands_in_and_no_request_shows_it(acme: Stacks) -> None:
    stack = acme()
    stack.secrets = {"depot:hook": CANARY, "depot:token": f"{CANARY}-2"}
    values = {
        "key": {"$secret": "hook"},
        "url": {"$join": ["https://", {"$secret": "hook"}, "@", {"$ref": "foundation/control.uri"}]},
        "policy": {"$json": {"deep": [{"er": {"$join": [{"$secret": "hook"}]}}]}},
        "env": {"PLAIN": "seen", "TOKEN": {"$secret": "token"}},
        "given": {"$given": "password"},
    }
    body = {"env": {"HOOK": {"$secret": "hook"}, "URL": {"$join": ["x", {"$secret": "hook"}]}}}
    settings = {
        "inputs": {"lake": values},
        "providers": {"acme": {"token": {"$secret": "token"}, "tags": {"by": {"$secret": "hook"}}}},
        "requests": {"train": body},
    }
    program = depot(
        settings=settings,
        job=True,
        given='{"password": pulumi.Config().require_secret("hook")}',
        after='pulumi.export("lake", platform.data_stores["lake"].uri)',
    )
    for run in (stack.preview(program), stack.up(program), stack.preview(program)):
        assert run.ok, run.errors
        assert any(CANARY.encode() in each.SerializeToString() for each in run.requests), "the canary was planted"
        assert [each for each in run.requests if shows(each, CANARY)] == []
        assert CANARY not in run.errors
        assert CANARY not in run.output
    assert run.changes == []

    bucket = run.request("lake", "Bucket")
    made = from_struct(bucket.object)
    assert made["key"] == made["given"] == wrapped(CANARY)
    assert made["url"] == wrapped(f"https://{CANARY}@acme://{control_name(stack)}")
    assert made["policy"] == wrapped(compact({"deep": [{"er": CANARY}]}))
    assert made["env"] == {"PLAIN": "seen", "TOKEN": {SIGNATURE: SECRET, "value": f"{CANARY}-2"}}
    assert sorted(bucket.additionalSecretOutputs) == ["env", "key", "policy", "url"]
    provider = run.request("acme", "pulumi:providers")
    assert from_struct(provider.object) == {"token": wrapped(f"{CANARY}-2"), "tags": wrapped(compact({"by": CANARY}))}
    assert sorted(provider.additionalSecretOutputs) == ["tags", "token"]
    record = json.loads(from_struct(run.request("foundation/record").object)["content"])
    assert record["requests"][0]["body"] == body


def test_the_search_for_secrets_finds_one_in_clear(acme: Stacks) -> None:
    stack = acme()
    stack.secrets = {"depot:hook": CANARY}
    leak = 'pulumi.export("leak", Output.unsecret(pulumi.Config().require_secret("hook")))'
    run = stack.up(depot(after=leak))
    assert [type(each).__name__ for each in run.requests if shows(each, CANARY)] == ["RegisterResourceOutputsRequest"]


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def control_name(stack: Engine) -> str:
    inputs = next(state.inputs for state in stack.state.values() if state.name == "foundation/control")
    return str(inputs["name"])


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            depot(settings={"inputs": {"lake": {"a": {"$ref": "foundation/control.nothing"}}}}),
            "resource foundation/control has no output 'nothing'",
        ),
        (
            depot(
                settings={"requests": {"train": {"env": {"PASSWORD": {"$given": "password"}}}}},
                job=True,
                given='{"password": Output.secret("x")}',
            ),
            '{"$given":"password"} is secret, and the platform record is kept in clear',
        ),
    ],
    ids=["an output that there is not", "a secret given to a request"],
)
def test_what_turns_out_wrong_on_the_way_is_one_clear_error_and_no_record(
    acme: Stacks, program: str, said: str
) -> None:
    stack = acme()
    run = stack.up(program)
    assert not run.ok
    assert said in run.errors
    assert "foundation/record" not in {state.name for state in stack.state.values()}


def test_a_slot_stands_in_requests_only(acme: Stacks) -> None:
    open_body = {"train": {"run": {"$slot": "run"}}}
    run = acme().up(depot(settings={"requests": open_body}, job=True))
    assert run.ok, run.errors
    record = json.loads(from_struct(run.request("foundation/record").object)["content"])
    assert record["requests"][0]["body"] == open_body["train"]
    run = acme().preview(depot(settings={"providers": {"acme": {"run": {"$slot": "run"}}}}))
    assert not run.ok
    assert "slot run stands outside of a request" in run.errors


@pytest.mark.parametrize(
    ("value", "given", "said"),
    [
        ({"$lookup": {"function": "acme:index/getSecret:x", "args": {}}}, "{}", "not let an assembly ask acme:index/g"),
        ({"$secret": "missing"}, "{}", "run pulumi config set --secret missing …"),
        ({"$given": "network.subnets"}, "{}", "the project takes network.subnets from this program"),
        ({"$given": "network"}, '{"network": 1, "netwrok": 2}', "nothing in this environment takes netwrok"),
    ],
    ids=["lookup", "secret", "nothing given", "given in vain"],
)
def test_what_nobody_can_answer_is_refused_before_anything_is_registered(
    acme: Stacks, value: object, given: str, said: str
) -> None:
    run = acme().preview(depot(settings={"inputs": {"lake": {"a": value}}}, given=given))
    assert not run.ok
    assert said in run.errors
    assert [each.name for each in run.registered.values()] == ["depot-prod"]


def test_a_whole_stack_answers_for_everything_beneath_its_name(acme: Stacks) -> None:
    stack = acme()
    stack.stacks["acme/network/prod"] = {"subnets": ["s-1"], "password": wrapped(CANARY)}
    values = {"subnets": Given("network.subnets"), "password": Given("network.password")}
    program = depot(settings={"inputs": {"lake": values}}, given='{"network": StackReference("acme/network/prod")}')
    run = stack.up(program)
    assert run.ok, run.errors
    made = from_struct(run.request("lake", "Bucket").object)
    assert (made["subnets"], made["password"]) == (["s-1"], wrapped(CANARY))
    assert [each for each in run.requests if shows(each, CANARY)] == []
