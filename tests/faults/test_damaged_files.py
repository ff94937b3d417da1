"""A file of the state that is empty or cut short: named, never taken for new; once mended the same command works."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.surroundings import mw, state, within, works

EVENT = "control/ledger/v1/endpoint/api/000000000003.json"
# What is damaged, and a command that reads it.
READ = [
    ("control/platform.json", ["status"]),
    ("control/platform.json", ["up"]),
    ("control/platform.json", ["operate", "--once"]),
    ("state.json", ["preview"]),
    ("state.json", ["up"]),
    (EVENT, ["endpoint", "invoke", "--sample"]),
    ("control/releases/api/v1-r1.json", ["endpoint", "invoke", "--sample"]),
    ("control/models/*/manifest.json", ["endpoint", "invoke", "--sample"]),
    ("control/runs/fit-1/model/manifest.json", ["model", "register", "fit-1"]),
    ("control/heads/*.json", ["up"]),
]
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: data[:0],
    "cut short": lambda data: data[: len(data) // 2],
    "something else": lambda data: b"[" + data[:0] + b"]",
    "without its content": lambda data: json.dumps({"schema": json.loads(data).get("schema")}).encode(),
}


@contextmanager
def damaged(folder: Path, pattern: str, how: str) -> Iterator[Path]:
    """Damage a file of the state for a while."""
    (path,) = state(folder).glob(pattern)
    data, mode = path.read_bytes(), path.stat().st_mode
    path.write_bytes(DAMAGES[how](data))
    try:
        yield path
    finally:
        path.write_bytes(data)
        path.chmod(mode)


@pytest.mark.parametrize(("pattern", "arguments"), READ, ids=[f"{' '.join(a)} {p.split('/')[-1]}" for p, a in READ])
@pytest.mark.parametrize("how", ["empty", "cut short"])
def test_a_damaged_file_is_named_with_the_way_back(serving: Path, pattern: str, arguments: list[str], how: str) -> None:
    with damaged(serving, pattern, how) as path:
        before = path.read_bytes()
        said = within(*arguments, folder=serving)
        assert said.status == 13, said.err
        assert "MW2101" in said.err
        assert path.name in said.err
        assert "what to do:" in said.err
        assert path.read_bytes() == before
    assert within(*arguments, folder=serving).status == 0


@pytest.mark.parametrize("how", ["something else", "without its content"])
@pytest.mark.parametrize("pattern", ["control/platform.json", "state.json", "control/releases/api/v1-r1.json", EVENT])
def test_json_that_is_no_document_of_ours_is_damage_too(serving: Path, pattern: str, how: str) -> None:
    arguments = ["preview"] if pattern == "state.json" else ["endpoint", "invoke", "--sample"]
    with damaged(serving, pattern, how) as path:
        said = within(*arguments, folder=serving)
        assert said.status == 13, said.err
        assert path.name in said.err


def test_the_way_back_from_a_damaged_record_and_state_is_the_one_that_is_said(serving: Path) -> None:
    for name in ("control/platform.json", "state.json"):
        path = state(serving) / name
        before = json.loads(path.read_bytes())
        path.write_bytes(b"")
        assert "remove it and run `modelwright up`" in mw("up", folder=serving).err
        path.unlink()
        works("up", folder=serving)
        assert json.loads(path.read_bytes()) == before
    works("preview", "--expect-no-changes", folder=serving)
    works("endpoint", "invoke", "--sample", folder=serving)
    works("ledger", "verify", folder=serving)


def test_a_damaged_event_stops_its_own_stream_only(serving: Path) -> None:
    with damaged(serving, "control/ledger/v1/training/fit/000000000002.json", "empty"):
        works("endpoint", "invoke", "--sample", folder=serving)
        verified = mw("ledger", "verify", "--json", folder=serving)
        assert verified.status == 13
        assert [(one["stream"], one["seq"]) for one in verified.result["findings"]] == [("training/fit", 2)]
        assert mw("train", "fit", "--detach", folder=serving).status == 13
    works("ledger", "verify", folder=serving)


def test_a_missing_event_is_never_filled(serving: Path) -> None:
    path = state(serving) / "control/ledger/v1/training/fit/000000000002.json"
    data = path.read_bytes()
    path.unlink()
    try:
        said = mw("train", "fit", "--detach", folder=serving)
        assert said.status == 13
        assert "event 2 is missing" in said.err
        assert "restore it from a backup" in said.err
        assert not path.exists()
    finally:
        path.write_bytes(data)


@pytest.mark.parametrize("name", ["job.json", "config.json", "attempt.json", "exit.json"])
def test_a_finished_run_outlives_the_files_of_its_job(serving: Path, name: str) -> None:
    with damaged(serving, f"jobs/fit-1/{name}", "empty"):
        assert within("operate", "--once", folder=serving).status == 0
        assert within("runs", "show", "fit-1", "--json", folder=serving).result["state"] == "succeeded"


@pytest.mark.parametrize("content", [b"", b'{"host":"127.0'])
def test_an_endpoint_keeps_its_port_when_its_address_is_damaged(serving: Path, content: bytes) -> None:
    before = within("outputs", "api", "url", folder=serving).out
    (state(serving) / "endpoints/api/address.json").write_bytes(content)
    works("up", folder=serving)
    assert within("outputs", "api", "url", folder=serving).out == before
    assert within("endpoint", "invoke", "--sample", folder=serving).status == 0


@pytest.mark.parametrize("how", ["empty", "cut short", "open to others"])
def test_a_token_that_is_lost_or_open_is_made_anew_and_what_serves_takes_it(serving: Path, how: str) -> None:
    token = state(serving) / "endpoints/api/token"
    before = token.read_bytes()
    if how == "open to others":
        token.chmod(0o644)
    else:
        token.write_bytes(b"" if how == "empty" else before[:20])
        refused = within("endpoint", "invoke", "--sample", folder=serving)
        assert refused.status == 3
        assert "run `modelwright up`" in refused.err
    works("up", folder=serving)
    assert token.read_bytes() != before
    assert token.stat().st_mode & 0o777 == 0o600
    assert within("endpoint", "invoke", "--sample", folder=serving).status == 0


@pytest.mark.parametrize("name", ["routing.json", "router.json", "v1-r1/process.json", "v1-r1/ready.json"])
def test_a_damaged_file_of_the_endpoint_never_ends_it(serving: Path, name: str) -> None:
    path = state(serving) / "endpoints/api" / name
    path.write_bytes(path.read_bytes()[:9])
    within("operate", "--once", folder=serving)
    assert within("operate", "--once", folder=serving).status == 0
    assert within("endpoint", "invoke", "--sample", folder=serving).status == 0


def test_a_heartbeat_that_was_cut_short_is_no_operator(serving: Path) -> None:
    heartbeat = state(serving) / "operator.json"
    heartbeat.write_bytes(b'{"pid":')
    try:
        assert within("status", "--json", folder=serving).result["operated"] is False
    finally:
        heartbeat.unlink()
