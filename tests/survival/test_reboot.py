"""The machine restarts: no process is left, pids belong to others, and one command brings everything back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.survival.wards import PATIENCE, Wards
from tests.waiting import eventually

COMMAND = "from modelwright.cli.main import main; main()"


@pytest.fixture
def wards(tmp_path: Path) -> Iterator[Wards]:
    """A project whose first version serves."""
    wards = Wards(tmp_path / "wards")
    wards.write()
    wards.up()
    try:
        wards.train_and_promote()
        yield wards
    finally:
        wards.destroy()


def once(wards: Wards) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "operate", "--once"], cwd=wards.folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.timeout(900)
def test_one_command_after_a_restart_brings_the_endpoint_back_at_its_address_with_its_token(wards: Wards) -> None:
    address = wards.address
    assert wards.ask().status == 200
    wards.kill_all()
    assert wards.ask().status == 0
    pretend_others_have_the_pids(wards)
    told = wards.connect().status().resource("api")
    assert (told.state, "modelwright operate --once" in told.detail) == ("gone", True)
    once(wards)
    eventually(lambda: wards.ask().status == 200, within=PATIENCE)
    assert wards.connect().status().resource("api").state == "live"
    assert wards.address == address
    assert wards.disorder(1) == []

    wards.kill_all()
    assert wards.connect().predict("api", [wards.row]).version == 1, "asking is enough to bring it back"
    assert wards.address == address
    assert wards.disorder(1) == []


def pretend_others_have_the_pids(wards: Wards) -> None:
    """Have every pid file name a process that lives and is not the one that was noted: this test's own."""
    notes = [*wards.state.rglob("*.pid.json")]
    assert len(notes) >= 2
    for note in notes:
        note.write_text(json.dumps({**json.loads(note.read_text()), "pid": os.getpid()}))
