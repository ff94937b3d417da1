"""What a process that died leaves for others: notes, claims and runs that nobody looks after any more."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lifecycle.living import bodies, fitted, living, settle, write_project
from tests.survival.kept import processes_of
from tests.survival.mortal import dies
from tests.waiting import eventually

from modelwright import connect
from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.router.server import Server
from modelwright.adapters.local.router.variant import Variant
from modelwright.client import Client
from modelwright.errors import RaceLostError
from modelwright.lifecycle import rollout
from modelwright.lifecycle.platform import is_gone
from modelwright.lifecycle.promotion import advance_promotion

IDLE = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with living(write_project(tmp_path)) as client:
        yield client


def test_a_starter_killed_beside_the_note_of_an_older_process_leaves_no_second_one(tmp_path: Path) -> None:
    def start() -> None:
        processes.spawn(IDLE, folder=tmp_path, name="server", env=dict(os.environ), log=tmp_path / "log")

    start()
    processes.stop(tmp_path, "server")
    (tmp_path / "server.pid.json").write_text('{"pid": 1, "started": "long ago", "boot": "another"}')
    try:
        assert not dies(start, 3, tmp_path)  # the old note removed, the process started, its own note not yet named
        (stray,) = eventually(lambda: processes_of(tmp_path))
        start()
        assert [*processes_of(tmp_path)] == [stray]
        found = processes.identity(tmp_path, "server")
        assert found is not None
        assert found.pid == stray
    finally:
        processes.stop(tmp_path, "server")
    assert processes_of(tmp_path) == {}


def test_only_a_process_of_this_machine_that_ended_is_known_to_be_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = os.uname().nodename
    assert is_gone(f"{here}/{ended.pid}-1f2e3d4c")
    assert not is_gone(f"{here}/{os.getpid()}-1f2e3d4c")
    assert not is_gone(f"elsewhere/{ended.pid}-1f2e3d4c")
    assert not is_gone(f"{ended.pid}-1f2e3d4c")
    assert not is_gone("")


@pytest.mark.timeout(280)
def test_the_claim_of_a_killed_process_is_taken_over_before_its_deadline(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout, "CLAIM_SECONDS", 3600.0)
    (version,) = fitted(client, {})
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    client.promote(version)
    gone = connect(client.workplace.place.folder / "project.py")
    gone.platform.owner = f"{os.uname().nodename}/{ended.pid}-1f2e3d4c"
    eventually(lambda: gone.tick() and bodies(client, "endpoint/api", "step.started"))
    assert bodies(client, "endpoint/api", "step.started")[-1]["owner"] == gone.platform.owner
    settle(client)
    assert client.predict("api", [{"value": 1.0, "ward": "w01"}]).version == 1
    assert [body["attempt"] for body in bodies(client, "endpoint/api", "step.started")][:2] == [1, 2]


@pytest.mark.timeout(280)
def test_a_promotion_whose_alias_was_moved_on_before_it_was_released_says_by_whom(client: Client) -> None:
    first, second = fitted(client, {}, {"C": 0.2})
    early = client.promote(first)
    eventually(lambda: client.tick() and early.state.state == "finished")
    # The release of the first goes on, and the second is champion by now: the third promotion finds its alias moved.
    client.promote(second)
    late = client.promote(second)
    eventually(lambda: client.tick() and late.state.state == "finished")
    client.platform.model("risk").append(
        "alias.set", {"name": "champion", "version": 1, "expected": 2}, key="somebody", reason="by hand"
    )
    with pytest.raises(RaceLostError, match=r"risk:2 was champion and never served: \S+ moved it to version 1 at 20"):
        late.wait(timeout=120)


@pytest.mark.timeout(280)
def test_a_second_rollback_joins_the_first_and_does_not_undo_it(client: Client) -> None:
    first, second = fitted(client, {}, {"C": 0.2})
    client.promote(first).wait(timeout=120)
    client.promote(second).wait(timeout=120)
    begun = client.rollback("api", reason="bad")
    again = client.rollback("api", reason="bad")
    assert begun.text == again.text == "release 3 restores release 1"
    again.wait(timeout=120)
    assert client.version("risk@champion").number == 1
    assert len(bodies(client, "endpoint/api", "release.planned")) == 3


@pytest.mark.timeout(280)
def test_training_again_goes_on_with_the_run_that_a_killed_process_waited_for(client: Client) -> None:
    file = client.workplace.place.folder / "project.py"
    code = f"from modelwright import connect; print(connect({str(file)!r}).train_or_resume('fit', {{'C': 0.5}}).id)"
    left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert client.train_or_resume("fit", {"C": 0.25}).id != left, "another wish is another run"
    run = client.train_or_resume("fit", {"C": 0.5}, promote=True)
    assert run.id == left
    run.wait(timeout=120)
    assert client.train_or_resume("fit", {"C": 0.5}, promote=True).id == left, "its version is not promoted yet"
    promotion = client.promote(client.register(run))
    eventually(lambda: advance_promotion(client.platform, "risk") and promotion.state.state == "finished")
    assert client.train_or_resume("fit", {"C": 0.5}, promote=True).id == left, "nobody has begun to release it"
    promotion.wait(timeout=120)
    assert client.train_or_resume("fit", {"C": 0.5}, promote=True).id != left


@pytest.mark.parametrize(("waited", "refuses", "expected"), [(-1.0, False, "starting"), (60.0, False, "failed"),
                                                             (-1.0, True, "failed")])  # fmt: skip
def test_a_server_that_was_given_up_is_tried_again_unless_it_said_itself_that_it_cannot_serve(
    tmp_path: Path, waited: float, refuses: bool, expected: str
) -> None:
    async def look() -> str:
        server = Server(Variant(tmp_path), state="failed", _not_before=time.monotonic() + waited)
        server.watch()
        found = server.state
        server.close()
        return found

    if refuses:
        (tmp_path / "ready.json").write_text('{"state": "failed", "reason": "planted", "pid": 1}')
    assert asyncio.run(look()) == expected
