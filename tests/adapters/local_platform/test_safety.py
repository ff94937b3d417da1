"""Data, protection, locks and addresses."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from tests.adapters.local_platform.samples import assemble, down, endpoint, online, store, tree, up

from modelwright.adapters.local.driver.lock import exclusive
from modelwright.adapters.local.driver.platform import LocalPlatform
from modelwright.errors import DataLossError, GateError, LockedError


def fill_lake(folder: Path, name: str = "lake") -> Path:
    file = folder / f".modelwright/dev/data/{name}/flights/part.csv"
    file.parent.mkdir(parents=True)
    file.write_text("rows")
    return file


def test_removing_data_needs_its_name_and_nothing_is_changed_before(tmp_path: Path) -> None:
    up(tmp_path, assemble(store("lake"), endpoint("api")))
    file = fill_lake(tmp_path)
    before = tree(tmp_path)
    (change,) = (item for item in LocalPlatform(tmp_path, "dev").plan(assemble()) if item.holds_data)
    assert (change.kind, change.name) == ("delete", "lake")
    with pytest.raises(DataLossError, match="lake") as caught:
        up(tmp_path, assemble(), "another")
    assert "--allow-data-loss lake" in str(caught.value)
    assert caught.value.exit_status == 2
    assert tree(tmp_path) == before
    up(tmp_path, assemble(), "lake")
    assert not file.exists()


def test_an_empty_store_holds_no_data(tmp_path: Path) -> None:
    up(tmp_path, assemble(store("lake")))
    up(tmp_path, assemble())
    assert not (tmp_path / ".modelwright/dev/data/lake").exists()


def test_destroy_names_everything_that_would_be_lost(tmp_path: Path) -> None:
    up(tmp_path, assemble(store("lake"), online("features")))
    fill_lake(tmp_path)
    (tmp_path / ".modelwright/dev/online/features.sqlite").write_bytes(b"SQLite")
    event = tmp_path / ".modelwright/dev/control/ledger/v1/model/delay/000000000001.json"
    event.parent.mkdir(parents=True)
    event.write_text("{}")
    with pytest.raises(DataLossError) as caught:
        down(tmp_path, "features")
    assert "foundation/control, lake" in str(caught.value)
    down(tmp_path, "features", "lake", "foundation")
    assert tree(tmp_path) == set()


def test_a_link_to_data_elsewhere_is_removed_and_the_data_is_kept(tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk"
    elsewhere.mkdir()
    (elsewhere / "rows.csv").write_text("rows")
    folder = tmp_path / "project"
    (folder / ".modelwright/dev/data").mkdir(parents=True)
    (folder / ".modelwright/dev/data/lake").symlink_to(elsewhere)
    up(folder, assemble(store("lake")))
    up(folder, assemble())
    assert not (folder / ".modelwright/dev/data/lake").is_symlink()
    assert (elsewhere / "rows.csv").read_text() == "rows"


def test_what_is_protected_stays_until_it_is_not(tmp_path: Path) -> None:
    up(tmp_path, assemble(store("lake", protect=True)))
    with pytest.raises(GateError, match="lake is protected") as caught:
        down(tmp_path)
    assert caught.value.exit_status == 5
    with pytest.raises(GateError):
        up(tmp_path, assemble())
    up(tmp_path, assemble(store("lake")))
    down(tmp_path)


def test_a_second_up_at_the_same_time_says_who_holds_the_environment(tmp_path: Path) -> None:
    made = assemble(store("lake"))
    up(tmp_path, made)
    with exclusive(tmp_path / ".modelwright/.dev.lock"):
        with pytest.raises(LockedError, match=rf"pid {os.getpid()} since \d{{4}}-") as caught:
            up(tmp_path, assemble())
        with pytest.raises(LockedError):
            down(tmp_path)
    assert caught.value.exit_status == 10
    up(tmp_path, made)


def test_the_token_is_random_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    up(tmp_path, assemble(endpoint("one"), endpoint("two")))
    tokens = [tmp_path / f".modelwright/dev/endpoints/{name}/token" for name in ("one", "two")]
    assert {token.stat().st_mode & 0o777 for token in tokens} == {0o600}
    assert len(bytes.fromhex(tokens[0].read_text())) == 32
    assert tokens[0].read_text() != tokens[1].read_text()


def test_an_endpoint_keeps_its_port_and_no_two_share_one(tmp_path: Path) -> None:
    names = [f"api-{number}" for number in range(40)]
    made = assemble(*(endpoint(name) for name in names))
    first = up(tmp_path, made)
    urls = [first["outputs"][name]["url"] for name in names]
    assert len(set(urls)) == len(names)
    assert all(url.startswith("http://127.0.0.1:") for url in urls)
    again = up(tmp_path, assemble(*(endpoint(name) for name in names), store("lake")))
    assert [again["outputs"][name]["url"] for name in names] == urls


def test_nobody_listens_on_a_port_that_is_given_out(tmp_path: Path) -> None:
    record = up(tmp_path, assemble(endpoint("api")))
    port = int(record["outputs"]["api"]["url"].rpartition(":")[2])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


def test_a_port_that_the_router_had_to_change_reaches_the_record_at_the_next_up(tmp_path: Path) -> None:
    made = assemble(endpoint("api"))
    up(tmp_path, made)
    address = tmp_path / ".modelwright/dev/endpoints/api/address.json"
    document = json.loads(address.read_text())
    address.write_text(json.dumps({**document, "port": 31_999}))
    platform = LocalPlatform(tmp_path, "dev")
    assert [change.reasons for change in platform.plan(made)] == [("an address has changed",)]
    assert up(tmp_path, made)["outputs"]["api"]["url"] == "http://127.0.0.1:31999"
    assert platform.plan(made) == ()
