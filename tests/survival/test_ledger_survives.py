"""Sixteen writers, some killed at random: what was acknowledged is there, once, in chains that are whole."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from tests.survival import kept
from tests.survival.extent import Extent
from tests.waiting import eventually

from modelwright.ledger.verify import verify
from modelwright.store import DirectoryStore

PROCESSES = 16
WRITER = Path(__file__).with_name("appending.py")


@pytest.mark.timeout(900)
def test_sixteen_writers_with_random_kills_lose_nothing_they_acknowledged(tmp_path: Path, extent: Extent) -> None:
    store, dice, count = tmp_path / "store", random.Random(extent.seed), extent.pick(75, 300)
    outs = {f"p{number}": tmp_path / f"p{number}.txt" for number in range(PROCESSES)}
    running = {name: _start(store, name, count, out) for name, out in outs.items()}
    kills = 0
    while any(process.poll() is None for process in running.values()):
        name = dice.choice(sorted(running))
        goal = min(_lines(outs[name]) + dice.randrange(1, count // 3), count)
        eventually(partial(_reached, running[name], outs[name], goal), within=600)
        if running[name].poll() is None and kills < PROCESSES:
            running[name].kill()
            running[name].wait()
            kills += 1
            running[name] = _start(store, name, count, outs[name])  # the same command again
    assert [process.returncode for process in running.values()] == [0] * PROCESSES
    assert kills > 0
    acknowledged = {tuple(line.split()) for out in outs.values() for line in out.read_text().splitlines()}
    stored = {
        (event["stream"], str(event["seq"]), event["key"])
        for data in kept.streams(store).values()
        for event in map(json.loads, data)
    }
    assert acknowledged == stored, "every append was acknowledged in the end, and nothing else is there"
    assert len(stored) == PROCESSES * count
    assert [fault for stream, data in kept.streams(store).items() for fault in kept.faults(stream, data)] == []
    assert verify(DirectoryStore(store)) == ()
    extent.keep({"script": "appending", "appends": len(stored), "kills": kills, "seed": extent.seed, "wrong": []})


def _start(store: Path, name: str, count: int, out: Path) -> subprocess.Popen[bytes]:
    with out.open("ab") as log:
        return subprocess.Popen([sys.executable, str(WRITER), str(store), name, str(count)], stdout=log)


def _reached(process: subprocess.Popen[bytes], out: Path, goal: int) -> bool:
    return _lines(out) >= goal or process.poll() is not None


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
