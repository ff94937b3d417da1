"""Drift: every part of a living environment, deleted or changed by hand, is found and named, and nothing is touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.shells import call
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("cli_life")

STATE = ".modelwright/dev"
ENDPOINT = f"{STATE}/endpoints/hello-api"


def differences(hello: Path) -> list[tuple[str, str, str]]:
    said = call("drift", "--json", folder=hello)
    found = said.document["result"]["differences"]
    assert said.status == (11 if found else 0), said.err
    return [(one["resource"], one["subject"], one["kind"]) for one in found]


ONLINE = """
from modelwright import DataStore, FeatureStore, FeatureView, Project

lake = DataStore("lake")
view = FeatureView("view", entity="key", timestamp="day", source=lake / "rows", features={"a": "int64"})
project = Project("online", [lake, FeatureStore("features", store=lake, online=True, views=[view])])
"""


@contextmanager
def away(path: Path) -> Iterator[None]:
    """Take a file or folder away for a while."""
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    try:
        yield
    finally:
        if path.is_dir():
            shutil.rmtree(path)
        aside.rename(path)


@contextmanager
def rewritten(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """Give a file another content for a while."""
    content, mode = path.read_bytes(), path.stat().st_mode
    path.chmod(0o600)
    path.write_bytes(change(content))
    try:
        yield
    finally:
        path.write_bytes(content)
        path.chmod(mode)


@pytest.fixture(autouse=True)
def settled(hello: Path) -> None:
    """Nothing differs before a test begins."""
    assert differences(hello) == []


def test_nothing_is_said_where_nothing_differs(hello: Path) -> None:
    said = call("drift", folder=hello)
    assert (said.status, said.out.strip()) == (0, "nothing was deleted or changed")


def test_a_data_folder_that_is_gone(hello: Path) -> None:
    with away(hello / STATE / "data/lake"):
        assert differences(hello) == [("lake", "lake", "deleted")]
        assert "data/lake is not there" in call("drift", folder=hello).out


def test_a_data_folder_that_became_a_link(hello: Path, tmp_path: Path) -> None:
    lake = hello / STATE / "data/lake"
    with away(lake):
        lake.symlink_to(tmp_path)
        assert differences(hello) == [("lake", "lake", "changed")]
        lake.unlink()


def test_a_token_that_others_can_read(hello: Path) -> None:
    token = hello / ENDPOINT / "token"
    token.chmod(0o640)
    try:
        assert differences(hello) == [("hello-api", "hello-api/address", "changed")]
        assert "endpoints/hello-api/token can be read by others (0640)" in " ".join(
            call("drift", folder=hello, COLUMNS="400").out.split()
        )
    finally:
        token.chmod(0o600)


def test_an_address_that_was_edited(hello: Path) -> None:
    def moved(content: bytes) -> bytes:
        return json.dumps({**json.loads(content), "port": 1}).encode()

    with rewritten(hello / ENDPOINT / "address.json", moved):
        assert differences(hello) == [
            ("hello-api", "hello-api/address", "changed"),
            ("hello-api", "outputs", "changed"),
        ]
        said = call("drift", folder=hello, COLUMNS="400")
        assert "its router listens at port" in said.out


def test_a_record_that_is_gone_is_found_without_it(hello: Path) -> None:
    with away(hello / STATE / "control/platform.json"):
        assert differences(hello) == [("foundation", "record", "deleted")]


def test_a_record_that_was_edited(hello: Path) -> None:
    with rewritten(
        hello / STATE / "control/platform.json", lambda data: data.replace(b'"capture":1.0', b'"capture":0.5')
    ):
        assert differences(hello) == [("foundation", "record", "changed")]


def test_a_state_file_that_is_gone(hello: Path) -> None:
    with away(hello / STATE / "state.json"):
        assert differences(hello) == [("foundation", "state", "deleted")]


def test_traffic_that_the_router_was_told_by_somebody_else(hello: Path) -> None:
    from modelwright import connect

    client = connect(hello / "project.py")
    client.platform.driver.serving.set_traffic("hello-api", {}, {})
    try:
        assert ("hello-api", "traffic", "changed") in differences(hello)
    finally:
        eventually(lambda: not any(step.moved for step in client.tick(schedules=False)))


def test_a_router_that_was_killed_and_what_brings_it_back(hello: Path) -> None:
    note = hello / ENDPOINT / "router.pid.json"
    os.kill(json.loads(note.read_text())["pid"], signal.SIGKILL)
    eventually(lambda: ("hello-api", "router", "deleted") in differences(hello))
    said = call("drift", folder=hello)
    assert "`modelwright operate --once`" in said.err
    eventually(lambda: call("operate", "--once", folder=hello).status == 0 and not differences(hello))


def test_looking_changes_nothing(hello: Path) -> None:
    def files() -> dict[str, int]:
        found = (path for path in (hello / STATE).rglob("*") if path.is_file() and path.suffix in {".json", ""})
        return {str(path): path.stat().st_mtime_ns for path in found if "capture" not in path.parts}

    with away(hello / STATE / "data/lake"):
        before = files()
        assert call("drift", folder=hello).status == 11
        assert files() == before


def test_an_environment_that_was_never_applied_has_no_drift_but_an_error(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text('from modelwright import *\nproject = Project("empty", [DataStore("lake")])\n')
    said = call("drift", folder=tmp_path)
    assert said.status == 1
    assert "never applied" in said.err


def test_an_online_store_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(ONLINE)
    assert call("up", folder=tmp_path).status == 0
    assert differences(tmp_path) == []
    (tmp_path / STATE / "online/features.sqlite").unlink()
    assert differences(tmp_path) == [("features", "features/online", "deleted")]
    assert call("up", folder=tmp_path).status == 0
    assert differences(tmp_path) == []
    assert call("destroy", "--yes", "--allow-data-loss", "foundation", folder=tmp_path).status == 0, (
        "it never held rows"
    )
