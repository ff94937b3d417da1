"""The provider of this machine: what Pulumi asks of it has real effects, and nothing is left at the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pulumi.conftest import FLIGHTS, PROGRAM
from tests.pulumi.engine.engine import Engine
from tests.pulumi.engine.providers import Plugin, UnmakeableError

from modelwright.adapters.local.driver.lock import exclusive
from modelwright.contract.discovery import find_adapter
from modelwright.errors import UsageError

ADDRESS, RECORD, STORE = (f"modelwright-local:index:{name}" for name in ("Address", "Record", "OnlineStore"))


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Plugin]:
    """The provider of an environment of which nothing was made yet."""
    plugin = Plugin(tmp_path, "dev")
    yield plugin
    plugin.stop()


def test_a_stack_that_is_destroyed_leaves_nothing(flights: Engine) -> None:
    state = flights.folder.parents[1] / FLIGHTS / ".modelwright"
    assert flights.up(PROGRAM).ok
    assert (state / "dev/endpoints/delay-api/token").stat().st_mode & 0o077 == 0
    (state / "dev/data/lake/rows.csv").write_text("a\n1\n")
    assert not flights.destroy().ok, "what holds data is protected"
    flights.config["modelwright:allow-data-loss"] = "foundation,lake,features"
    assert flights.up(PROGRAM).ok
    assert flights.destroy().ok
    assert not state.exists()


def test_what_is_made_twice_is_made_once(plugin: Plugin) -> None:
    first = plugin.create(ADDRESS, "api/address", {"endpoint": "api"})
    assert plugin.create(ADDRESS, "api/address", {"endpoint": "api"}) == first
    assert set(first[1]) == {"endpoint", "port", "url", "token_file"}
    plugin.delete(ADDRESS, "api/address", {"endpoint": "api"})
    plugin.delete(ADDRESS, "api/address", {"endpoint": "api"})


def test_what_is_gone_or_was_edited_is_read_as_it_is(plugin: Plugin, tmp_path: Path) -> None:
    online = {"path": "online/features.sqlite"}
    _, made = plugin.create(STORE, "features/online", online)
    assert plugin.read(STORE, "features/online", online) == made
    Path(made["path"]).unlink()
    assert plugin.read(STORE, "features/online", online) is None
    record = {"path": "control/platform.json", "content": "{}"}
    plugin.create("modelwright-local:index:Directory", "control", {"path": "control"})
    plugin.create(RECORD, "record", record)
    (tmp_path / ".modelwright/dev/control/platform.json").write_text('{"edited": 1}')
    found = plugin.read(RECORD, "record", record)
    assert found is not None
    assert json.loads(found["content"]) == {"edited": 1}


def test_a_path_outside_the_environment_is_refused(plugin: Plugin) -> None:
    with pytest.raises(UnmakeableError, match="is not a path inside the state folder"):
        plugin.create("modelwright-local:index:Directory", "out", {"path": "../../elsewhere"})


def test_beside_another_up_it_makes_nothing(plugin: Plugin, tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / ".modelwright/.dev.lock"),
        pytest.raises(UnmakeableError, match="another process is applying or destroying this environment"),
    ):
        plugin.create(ADDRESS, "api/address", {"endpoint": "api"})
    assert not (tmp_path / ".modelwright/dev").exists()


def test_a_type_or_question_that_there_is_not_is_named(plugin: Plugin) -> None:
    with pytest.raises(UnmakeableError, match="the local platform makes no 'local:Adress'"):
        plugin.create("modelwright-local:index:Adress", "x", {})
    with pytest.raises(UnmakeableError, match="this machine answers no 'local:time'"):
        plugin.invoke("modelwright-local:index:time", {"path": "x"})


def test_it_says_what_it_was_not_told() -> None:
    with pytest.raises(UsageError, match="was not told its environment"):
        find_adapter("local").open_maker({"folder": "here"})
