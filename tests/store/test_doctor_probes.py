"""`modelwright doctor --store` finds a store that does not keep its word, by the real command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.store.careless import Faults, careless
from tests.store.servers import Bucket

from modelwright.store import open_store

COMMAND = [sys.executable, "-c", "from modelwright.cli.main import main; main()"]


def doctor(address: str, folder: Path, environment: Mapping[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    argv = [*COMMAND, "doctor", "--store", address, *more]
    surroundings = {**os.environ, "COLUMNS": "400", **environment}
    return subprocess.run(argv, cwd=folder, env=surroundings, capture_output=True, text=True, check=False, timeout=120)


def states(findings: list[dict[str, Any]]) -> dict[str, str]:
    return {one["check"].removeprefix("store: "): one["state"] for one in findings if one["check"].startswith("store")}


def test_every_kind_of_store_is_found_sound_and_left_as_it_was(address: str, tmp_path: Path) -> None:
    open_store(address).put("mine/a", b"x")
    said = doctor(address, tmp_path, {}, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    found = states(json.loads(said.stdout)["result"])
    promises = ["read", "list", "create only", "one winner", "replace", "delete"]
    assert found == dict.fromkeys(promises, "ok")
    assert open_store(address).keys() == ["mine/a"]


def test_a_store_that_overwrites_is_refused_with_a_status_of_its_own(tmp_path: Path) -> None:
    faults = Faults(overwrites=True, objects={"control/mine": b"x"})
    with careless(faults) as variables:
        said = doctor("s3://bucket/control", tmp_path, variables)
        assert said.returncode == 14
        assert "MW2301" in said.stderr
        assert "two people could both decide" in said.stderr
        assert "8 of 8 writers" in said.stderr
        assert "keep the control store elsewhere" in said.stderr
        assert "create only" in said.stdout
        document = json.loads(doctor("s3://bucket/control", tmp_path, variables, "--json").stdout)
    found = states(document["result"])
    assert (found["create only"], found["one winner"], found["read"]) == ("problem", "problem", "ok")
    assert document["diagnostics"][0]["code"] == "MW2301"
    assert document["diagnostics"][0]["where"] == "s3://bucket/control"
    assert faults.objects == {"control/mine": b"x"}
    for secret in ("planted-secret", "planted-key-id"):
        assert secret not in said.stdout + said.stderr + json.dumps(document)


@pytest.mark.parametrize(
    ("faults", "broken"),
    [(Faults(forgets=True), "what was just written is not there"), (Faults(hides=True), "a listing leaves out")],
    ids=["forgets", "hides"],
)
def test_a_store_that_forgets_or_hides_is_refused(tmp_path: Path, faults: Faults, broken: str) -> None:
    with careless(faults) as variables:
        said = doctor("s3://bucket", tmp_path, variables)
    assert said.returncode == 14
    assert broken in said.stderr


def test_a_missing_bucket_an_unknown_scheme_and_a_full_place_are_told_apart(tmp_path: Path, s3: Bucket) -> None:
    missing = doctor("s3://missing", tmp_path, s3.environment)
    assert missing.returncode == 1
    assert "there is no bucket 'missing'" in missing.stderr
    assert doctor("ftp://x/y", tmp_path, {}).returncode == 2
    (tmp_path / "file").write_text("in the way")
    blocked = doctor(str(tmp_path / "file"), tmp_path, {})
    assert blocked.returncode == 1
    assert "cannot be used" in blocked.stdout
    assert "Traceback" not in blocked.stderr


def test_nobody_listening_ends_with_four_and_no_traceback(tmp_path: Path) -> None:
    named = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    said = doctor("s3://bucket", tmp_path, named)
    assert said.returncode == 4
    assert "cannot be reached" in said.stderr
    assert "Traceback" not in said.stderr
