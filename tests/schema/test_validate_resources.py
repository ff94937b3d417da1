"""`modelwright validate` and the conformance kit on adapters whose resources a provider's SDK describes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.shells import Said, call
from tests.conformance import liars, wheels
from tests.schema import acme

from modelwright.testing import ConformanceError, conformance

ADAPTERS = (
    liars.HONEST
    + """
STORES = {name: emulated("it is a bucket") for name in FEATURES if name.startswith(("data_store", "environment"))}


def lowering(token, inputs):
    def lower(store, scope):
        scope.add(token, {"bucketName": store.name, **inputs})
        return given.DataStoreOutputs(uri=f"acme://{store.name}")
    return lower


def making(name, inputs, token="acme:store/bucket:Bucket", **fields):
    kinds = {"data_store": lowering(token, inputs)}
    return adapter(name, STORES, kinds, **{"sdks": {"acme": "pulumi_acme"}, **fields})


RIGHT = making("right", {"rules": [{"prefix": "x"}]})
WRONG = making("wrong", {"rules": [{"prefx": "x"}], "size": "big"})
DOUBTFUL = making("doubtful", {"acl": "publik"})
MEANT = making("meant", {"acl": "publik"}, unlisted=frozenset({"acme:store/bucket:Bucket#acl"}))
UNKNOWN = making("unknown", {}, "acme:store/bucket:Buckett")
UNSTATED = making("unstated", {}, sdks={})
"""
)
NAMES = ("right", "wrong", "doubtful", "meant", "unknown", "unstated")
PROJECT = """
from modelwright import DataStore, Environment, Project

here = Environment("ADAPTER")
project = Project("parcels", [DataStore("lake")], environments={"dev": here, "prod": here})
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the search path in which the adapters are installed, without the provider's SDK."""
    points = {name: f"acme_bucketing:{name.upper()}" for name in NAMES}
    wheel = wheels.write(tmp_path / "wheels", "acme-bucketing", {"acme_bucketing": ADAPTERS}, points)
    folder = wheels.install(wheel, tmp_path / "site")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(folder)
    return folder


def validate(adapter: str, folder: Path, *options: str) -> Said:
    (folder / "project.py").write_text(PROJECT.replace("ADAPTER", adapter), encoding="utf-8")
    return call("validate", *options, folder=folder)


def test_right_resources_are_counted(site: Path, tmp_path: Path) -> None:
    acme.install(site)
    said = validate("right", tmp_path, "--json")
    assert (said.status, said.err) == (0, "")
    assert said.document["result"]["schema_checked"] == 2
    assert said.document["result"]["schema_missing"] == []
    assert "checked for dev, prod; 2 held against their provider's schema" in validate("right", tmp_path).out


def test_a_wrong_resource_is_a_bug_of_the_adapter_told_with_resource_and_path(site: Path, tmp_path: Path) -> None:
    acme.install(site)
    said = validate("wrong", tmp_path, "--json")
    assert said.status == 1
    (error,) = said.document["diagnostics"]
    assert error["code"] == "MW1006"
    assert error["where"] == "environment dev"
    assert "adapter 'wrong' makes what the provider would refuse" in error["message"]
    assert "lake (acme:store/bucket:Bucket): rules[0].prefx is no input of the resource" in error["message"]
    assert "lake (acme:store/bucket:Bucket): rules[0].prefix is missing: expected a string" in error["message"]
    assert "lake (acme:store/bucket:Bucket): size: expected a whole number, found 'big'" in error["message"]
    assert "bug of the adapter and not of the project" in error["remedy"]


def test_a_token_that_the_sdk_does_not_have_is_refused(site: Path, tmp_path: Path) -> None:
    acme.install(site)
    said = validate("unknown", tmp_path)
    assert said.status == 1
    assert "did you mean 'acme:store/bucket:Bucket'?" in said.err


def test_a_value_that_the_sdk_takes_without_listing_it_is_a_warning(site: Path, tmp_path: Path) -> None:
    acme.install(site)
    said = validate("doubtful", tmp_path, "--json")
    assert said.status == 0
    warnings = [each["message"] for each in said.document["diagnostics"]]
    assert len(warnings) == 2
    assert all("acl: expected one of 'private', 'public-read', found 'publik'" in each for each in warnings)


@pytest.mark.usefixtures("site")
def test_what_was_not_checked_is_said_once_with_the_way_to_install_it(tmp_path: Path) -> None:
    said = validate("wrong", tmp_path, "--json")
    assert said.status == 0
    (warning,) = said.document["diagnostics"]
    assert "2 resources were not held against their provider's schema" in warning["message"]
    assert "pulumi-acme is not installed" in warning["message"]
    assert warning["remedy"] == "pip install pulumi-acme"
    assert said.document["result"]["schema_missing"] == [{"sdk": "pulumi-acme", "resources": 2}]


KIT = "resources[schema]"


@pytest.mark.parametrize("adapter", ["right", "meant"])
def test_the_kit_passes_what_the_sdk_takes(site: Path, adapter: str) -> None:
    acme.install(site)
    {check.name: check for check in conformance(adapter)}[KIT]()


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ("wrong", "size: expected a whole number, found 'big'"),
        ("doubtful", "name the place in `Adapter.unlisted`"),
        ("unknown", "acme:store/bucket:Buckett is no resource of pulumi-acme 1.2.3"),
        ("unstated", "acme:store/bucket:Bucket is no resource of the SDKs that the adapter states (none)"),
    ],
)
def test_the_kit_finds_what_the_sdk_refuses_in_every_project_of_the_corpus(site: Path, adapter: str, said: str) -> None:
    acme.install(site)
    checks = {check.name: check for check in conformance(adapter)}
    with pytest.raises(ConformanceError) as caught:
        checks[KIT]()
    assert said in str(caught.value)


@pytest.mark.usefixtures("site")
def test_the_kit_says_in_the_name_of_the_check_which_sdk_was_missing() -> None:
    assert "resources[schema, without pulumi_acme]" in {check.name for check in conformance("wrong")}
