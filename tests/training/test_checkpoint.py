from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from tests.training.workshop import Workshop, run_python

from modelwright.errors import CancelledError
from modelwright.workload.checkpoint import Checkpoints, Stop

CHECKPOINTING = """
    import time

    def train(context):
        step = int(context.resume() or b"0")
        (context.checkpoint_dir / "begun").touch()
        while True:
            step += 1
            context.checkpoint(lambda: str(step).encode())
            time.sleep(0.005)
"""


def test_a_checkpoint_is_found_by_the_next_attempt(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path).latest() is None
    Checkpoints(tmp_path).offer(b"one")
    assert Checkpoints(tmp_path).latest() == b"one"


def test_the_state_is_asked_for_only_when_a_checkpoint_is_due(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, period=3600.0)

    def state() -> bytes:
        raise AssertionError("no checkpoint is due")

    assert not checkpoints.offer(state)
    assert checkpoints.latest() is None


def test_without_a_period_every_call_is_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    assert [checkpoints.offer(b"a"), checkpoints.offer(lambda: b"b")] == [True, True]
    assert checkpoints.latest() == b"b"


def test_a_run_that_must_end_writes_a_checkpoint_that_is_not_due_and_ends(tmp_path: Path) -> None:
    stop = Stop()
    checkpoints = Checkpoints(tmp_path, period=3600.0, stop=stop)
    stop.wanted = True

    with pytest.raises(CancelledError, match="after a checkpoint"):
        checkpoints.offer(b"last")
    assert checkpoints.latest() == b"last"


def test_a_cancelled_run_keeps_its_state_and_its_next_attempt_goes_on(workshop: Workshop) -> None:
    workshop.code(CHECKPOINTING)
    work = workshop.control / "runs/job-1/work/checkpoint"
    file = workshop.root / "config.json"
    code = f"""
import json, os, signal, sys, threading, time
from pathlib import Path
latest = Path({str(work)!r}) / "latest"
before = latest.read_bytes() if latest.exists() else None
def stop():
    while not latest.exists() or latest.read_bytes() == before: time.sleep(0.005)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=stop, daemon=True).start()
from modelwright.workload.train import run
sys.exit(run(json.loads(Path({str(file)!r}).read_text())))
"""
    file.write_text(json.dumps(workshop.config(checkpoint=None)))

    first = run_python("-c", code)
    state = int((work / "latest").read_bytes())
    assert (first.status, workshop.result()["status"]) == (8, "cancelled")
    assert "after a checkpoint" in workshop.result()["error"]["message"]

    run_python("-c", code)
    assert int((work / "latest").read_bytes()) > state


def test_a_run_that_never_checkpoints_is_cancelled_at_once() -> None:
    stop = Stop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)}
    try:
        stop.install()
        with pytest.raises(CancelledError):
            signal.raise_signal(signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
