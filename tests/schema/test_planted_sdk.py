"""Resources held against a planted SDK whose every input is known: each kind of mistake is found, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.schema import acme

from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Given, Join, Json, Lookup, Ref, SecretRef
from modelwright.contract.schema import Sdk, Wrong, examine, find_sdk, problems

SDKS = {"acme": acme.PACKAGE}


@pytest.fixture
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sdk:
    acme.install(tmp_path / "site")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = find_sdk(acme.PACKAGE)
    assert found is not None
    return found


def bucket(**inputs: Any) -> Resource:
    return Resource("lake", "acme:store/bucket:Bucket", {"bucketName": "lake", **inputs})


def test_a_right_resource_has_no_problems(sdk: Sdk) -> None:
    right = bucket(
        size=3, ratio=2, forceDestroy=True, acl="private", tier="cold", tags={"a": "b", "c.d/e": "f"},
        rules=[{"prefix": "x", "nested": [{"prefix": "y"}]}], key={"keyId": "k"}, port="http",
        target={"kind": "Disc", "sides": 2}, either={"right": 1, "more": 2}, extra=[{"any": None}], size_=None,
    )  # fmt: skip
    assert problems(right, sdk) == ()


def test_the_sdk_is_never_imported(sdk: Sdk) -> None:
    problems(bucket(), sdk)
    assert acme.PACKAGE not in sys.modules


MISTAKES: list[tuple[dict[str, Any], str, str, str, str]] = [
    ({"bucketname": "x"}, "bucketname", "unknown", "no such input", "'x'"),
    ({"bucket_name": "x"}, "bucket_name", "unknown", "no such input", "'x'"),
    ({"bucketName": None}, "bucketName", "missing", "a string", "nothing"),
    ({"size": 1.5}, "size", "type", "a whole number", "1.5"),
    ({"size": True}, "size", "type", "a whole number", "true"),
    ({"size": "3"}, "size", "type", "a whole number", "'3'"),
    ({"ratio": "half"}, "ratio", "type", "a number", "'half'"),
    ({"forceDestroy": "yes"}, "forceDestroy", "type", "true or false", "'yes'"),
    ({"forceDestroy": 1}, "forceDestroy", "type", "true or false", "1"),
    ({"tier": "warm"}, "tier", "enum", "one of 'hot', 'cold'", "'warm'"),
    ({"tier": 3}, "tier", "type", "one of 'hot', 'cold'", "3"),
    ({"acl": "publik"}, "acl", "enum", "one of 'private', 'public-read'", "'publik'"),
    ({"tags": ["a"]}, "tags", "type", "an object (a string each)", "a list"),
    ({"tags": {"a.b/c": 1}}, 'tags["a.b/c"]', "type", "a string", "1"),
    ({"rules": {"prefix": "x"}}, "rules", "type", "a list (an object (Rule) each)", "an object"),
    ({"rules": [{"prefix": "x"}, {}]}, "rules[1].prefix", "missing", "a string", "nothing"),
    ({"rules": [{"prefix": "x", "nested": [{"prefx": "y", "prefix": "y"}]}]}, "rules[0].nested[0].prefx", "unknown",
     "no such input", "'y'"),
    ({"key": {"keyId": 7}}, "key.keyId", "type", "a string", "7"),
    ({"port": [80]}, "port", "type", "a whole number or a string", "a list"),
    ({"target": {"kind": "Tap", "length": 1}}, "target.kind", "union", "one of 'Tape', 'Disc'", "'Tap'"),
    ({"target": {"length": 1}}, "target.kind", "missing", "one of 'Tape', 'Disc'", "nothing"),
    ({"target": {"kind": "Tape"}}, "target.length", "missing", "a whole number", "nothing"),
    ({"target": {"kind": "Disc", "length": 1}}, "target.length", "unknown", "no such input", "1"),
    ({"either": {"left": 1}}, "either", "union", "an object (Left) or an object (Right)", "an object"),
    ({"source": "a.zip"}, "source", "type", "an asset or archive", "'a.zip'"),
    ({"owner": {"id": 1}}, "owner", "type", "a string or a reference to a Bucket", "an object"),
    ({"tags": {"a": None}, "size": [None]}, "size", "type", "a whole number", "a list"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "path", "kind", "expected", "found"), MISTAKES, ids=lambda it: str(it)[:40])
def test_a_mistake_is_found_once_where_it_is(
    sdk: Sdk, inputs: dict[str, Any], path: str, kind: str, expected: str, found: str
) -> None:
    wrongs = problems(bucket(**inputs), sdk)
    assert [(wrong.path, wrong.kind, wrong.expected, wrong.found) for wrong in wrongs] == [
        (path, kind, expected, found)
    ]


def test_all_mistakes_of_a_resource_are_found_at_once(sdk: Sdk) -> None:
    wrong = Resource("lake", "acme:store/bucket:Bucket", {"sise": 1, "tier": "warm", "rules": [{}, {"prefix": 1}]})
    assert {item.path for item in problems(wrong, sdk)} == {
        "sise",
        "bucketName",
        "tier",
        "rules[0].prefix",
        "rules[1].prefix",
    }


def test_a_misspelt_input_is_told_with_the_nearest(sdk: Sdk) -> None:
    (wrong,) = problems(bucket(forcedestroy=True), sdk)
    assert str(wrong) == "forcedestroy is no input of the resource (did you mean 'forceDestroy'?)"


def test_an_enum_beside_a_string_is_a_list_of_what_is_known_and_not_of_what_is_allowed(sdk: Sdk) -> None:
    (doubtful,) = problems(bucket(acl="publik"), sdk)
    (sure,) = problems(bucket(tier="warm"), sdk)
    assert (doubtful.sure, sure.sure) == (False, True)


@pytest.mark.parametrize("node", [Ref("key", "id"), Lookup("acme:caller"), Given("network.size")], ids=str)
@pytest.mark.parametrize("place", ["size", "tier", "tags", "rules", "key", "target", "source", "owner", "extra"])
def test_what_is_known_later_fits_everywhere(sdk: Sdk, node: object, place: str) -> None:
    assert problems(bucket(**{place: node}), sdk) == ()


@pytest.mark.parametrize("node", [Join(("a", Ref("key", "id"))), Json({"a": 1}), SecretRef("hub")], ids=str)
def test_what_becomes_a_string_fits_where_a_string_does(sdk: Sdk, node: object) -> None:
    for place in ("bucketName", "acl", "tier", "port", "owner", "extra"):
        assert problems(bucket(**{place: node}), sdk) == (), place
    for place in ("size", "ratio", "forceDestroy", "tags", "rules", "key", "target", "source"):
        assert [wrong.kind for wrong in problems(bucket(**{place: node}), sdk)] == ["type"], place


def test_nodes_within_lists_and_objects_count_for_themselves(sdk: Sdk) -> None:
    rules = [Ref("rules", "first"), {"prefix": Json([1])}, {"prefix": "x", "nested": SecretRef("hub")}]
    (wrong,) = problems(bucket(rules=rules, tags={"a": Given("b")}), sdk)
    assert (wrong.path, wrong.found) == ("rules[2].nested", "the content of the secret 'hub'")


def test_what_the_typed_class_sets_itself_has_to_be_carried(sdk: Sdk) -> None:
    assert problems(Resource("pod", "acme:apps/v1:Pod", {"apiVersion": "apps/v1", "spec": 1}), sdk) == ()
    (missing,) = problems(Resource("pod", "acme:apps/v1:Pod", {"spec": 1}), sdk)
    assert (missing.path, missing.kind, missing.expected) == ("apiVersion", "missing", "'apps/v1'")
    (other,) = problems(Resource("pod", "acme:apps/v1:Pod", {"apiVersion": "apps/v2", "spec": 1}), sdk)
    assert (other.path, other.kind, other.found) == ("apiVersion", "enum", "'apps/v2'")


def test_an_unknown_token_is_a_problem_with_the_nearest(sdk: Sdk) -> None:
    (wrong,) = problems(Resource("lake", "acme:store/bucket:Buckett", {}), sdk)
    assert (wrong.kind, wrong.hint) == ("token", "did you mean 'acme:store/bucket:Bucket'?")
    assert "acme:store/bucket:Buckett is no resource of pulumi-acme 1.2.3" in str(wrong)


def test_a_custom_resource_is_known_by_its_group_and_carries_what_its_token_says(sdk: Sdk) -> None:
    token = "acme:gate.example.com/v1:Route"
    right = {"apiVersion": "gate.example.com/v1", "kind": "Route", "whatever": 1}
    assert problems(Resource("route", token, right), sdk) == ()
    (wrong,) = problems(Resource("route", token, {**right, "kind": "Rout"}), sdk)
    assert (wrong.path, wrong.expected, wrong.found) == ("kind", "'Route'", "'Rout'")


@pytest.mark.parametrize(
    "token",
    ["acme:apps/v1:Pood", "acme:apps/v2:Pod", "acme:aps/v1:Pod", "acme:net.acme.io/v1:Rout",
     "acme:net.acme.io/v2:Route", "acme:apps:v1", "acme:"],
)  # fmt: skip
def test_a_misspelt_kind_of_a_group_of_the_sdk_is_no_custom_resource(sdk: Sdk, token: str) -> None:
    assert [wrong.kind for wrong in problems(Resource("pod", token, {}), sdk)] == ["token"]


def test_an_sdk_that_is_not_installed_is_said_once_and_nothing_passes_for_checked() -> None:
    resources = [Resource(f"lake{n}", "nowhere:store:Bucket", {"any": n}) for n in range(3)]
    examined = examine(resources, {"nowhere": "pulumi_nowhere"})
    assert (examined.checked, examined.findings) == (0, ())
    assert [(absent.distribution, absent.resources) for absent in examined.absent] == [("pulumi-nowhere", 3)]


@pytest.mark.usefixtures("sdk")
def test_own_tokens_have_two_parts_and_others_come_from_a_stated_sdk() -> None:
    own, right, foreign = Resource("own", "mine:Bucket"), bucket(), Resource("far", "acne:store/bucket:Bucket")
    examined = examine([own, right, foreign], SDKS)
    assert examined.checked == 1
    (finding,) = examined.findings
    assert finding.resource == "far"
    assert str(finding.wrong) == (
        "acne:store/bucket:Bucket is no resource of the SDKs that the adapter states (acme) (did you mean 'acme'?)"
    )


def test_a_source_that_cannot_be_understood_is_said_and_nothing_passes_in_silence(sdk: Sdk) -> None:
    inputs = sdk.root / "store" / "_inputs.py"
    inputs.write_text(inputs.read_text().replace("pulumi.Input[Optional[_builtins.int]]", "pulumi.New[int] | Odd"))
    (odd,) = problems(bucket(target={"kind": "Disc", "sides": 2}), sdk)
    assert (odd.path, odd.kind, odd.sure) == ("target.sides", "unread", False)
    assert str(odd) == "target.sides was not checked: pulumi.New[int] could not be understood"
    (sdk.root / "apps" / "v1" / "Pod.py").write_text(
        "class Pod(pulumi.CustomResource):\n    def f():\n        super(Pod, __self__).__init__('acme:apps/v1:Pod', [\n"
    )
    (broken,) = problems(Resource("pod", "acme:apps/v1:Pod", {"spec": 1}), sdk)
    assert str(broken) == "it was not checked: pulumi-acme's source of Pod in apps/v1/Pod.py could not be understood"


def test_a_problem_says_where_without_the_numbers_of_lists() -> None:
    assert Wrong('a[0].b["c/d"].e[12].f', "type", "", "").place == 'a.b["c/d"].e.f'
