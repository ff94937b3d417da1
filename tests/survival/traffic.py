"""Kills processes at random while callers ask and versions come and go.

`python -m tests.survival.traffic <folder> <kills> <seed>` prints what was killed and what was wrong afterwards.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lifecycle.living import FAST
from tests.survival import kept
from tests.survival.mortal import ends
from tests.survival.wards import PATIENCE, Answer, Wards, ask, kill
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTED = 5.0
"""Seconds of answered requests that a killed server may take with it."""
SLACK = 1.0
"""Seconds beyond these that a busy machine may take to compress and sync what is due."""
_COMMAND = "from modelwright.cli.main import main; main()"
_SHOWN = 10
_ROLES = ("server", "router", "operator", "client", "job")


@dataclass(slots=True)
class Callers:
    """Threads that ask an address over and over, and write down what was answered when."""

    wards: Wards
    answers: list[tuple[float, Answer]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def calling(self, count: int = 2) -> Iterator[None]:
        threads = [threading.Thread(target=self._call) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _call(self) -> None:
        while not self._stop.wait(0.02):
            port, token = self.wards.address
            answer = ask(port, token, self.wards.row)
            self.answers.append((time.time(), answer))

    @property
    def served(self) -> int:
        """How many requests were answered with 200 so far."""
        return sum(answer.status == 200 for _, answer in [*self.answers])


@dataclass(slots=True)
class Commands:
    """An operator that is always there, and one client's commands, each given again until it ends well."""

    wards: Wards
    dice: random.Random
    done: int = 0
    again: int = 0
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _wanted: list[str] = field(default_factory=list)

    def look_after(self) -> None:
        """Start the operator and the client's command if they do not run."""
        self._start("operator", ["operate"])
        ended = self._running.get("client")
        if ended is not None and ended.poll() is not None:
            self._wanted = [] if ended.returncode == 0 else self._wanted
            self.done += ended.returncode == 0
            self.again += ended.returncode != 0
        if not self._wanted:
            self._wanted = self._next()
        self._start("client", self._wanted)

    def _next(self) -> list[str]:
        if self.dice.random() < 0.3:
            return ["train", "fit", "--promote", "--param", f"C={self.dice.randint(1, 10**6) / 10**6}"]
        return ["model", "promote", f"risk:{self.dice.choice([1, 2])}"]

    def _start(self, name: str, arguments: list[str]) -> None:
        running = self._running.get(name)
        if running is None or running.poll() is not None:
            argv = [sys.executable, "-c", _COMMAND, *arguments]
            with (self.wards.folder / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(argv, cwd=self.wards.folder, stdout=log, stderr=log)

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def finish(self) -> None:
        """Let the client's command come to its end, and stop the operator."""
        eventually(self._ended, within=2 * PATIENCE)
        self._running["operator"].terminate()
        self._running["operator"].wait(60)

    def _ended(self) -> bool:
        if self._running["client"].poll() == 0:
            return True
        self.look_after()
        return False


@dataclass(frozen=True, slots=True)
class Killed:
    """Who was killed when."""

    at: float
    role: str
    name: str


def victims(wards: Wards, commands: Commands, role: str) -> dict[int, str]:
    """Return the processes that play a role now."""
    if role in {"operator", "client"}:
        return {commands.pid(role): role}
    running = wards.running()
    if role == "job":
        return {pid: name for pid, name in running.items() if "/jobs/" in name}
    return {pid: name for pid, name in running.items() if name.endswith(f"/{role}")}


def kill_at_random(wards: Wards, callers: Callers, kills: int, seed: int) -> tuple[list[Killed], Commands]:
    """Kill one process after another; after a server or a router, the next has to wait for an answer."""
    dice, killed = random.Random(seed), list[Killed]()
    commands, pause = Commands(wards, dice), threading.Event()
    while len(killed) < kills:
        commands.look_after()
        pause.wait(dice.uniform(0.05, 1.0))
        role = dice.choice(_ROLES)
        found = victims(wards, commands, role)
        if not found:
            continue
        pid = dice.choice(sorted(found))
        kill(pid)
        killed.append(Killed(time.time(), role, found[pid]))
        if role in {"server", "router"}:
            commands.look_after()
            eventually(partial(_served_since, callers, callers.served), within=PATIENCE)
    commands.finish()
    return killed, commands


def _served_since(callers: Callers, before: int) -> bool:
    return callers.served > before


def lost(wards: Wards, callers: Callers, killed: list[Killed]) -> tuple[list[float], list[str]]:
    """Return how long before a server's death each lost row was answered, and what was lost or kept beyond that."""
    rows = kept.captured(wards.control, "api")
    wrong = [f"{row} was captured {n} times" for row, n in Counter(row["id"] for row in rows).items() if n > 1]
    known = {row["request"] for row in rows}
    answered = {answer.id: (at, answer.version) for at, answer in callers.answers if answer.status == 200}
    ages = []
    for request in answered.keys() - known:
        at, version = answered[request]
        deaths = [one.at - at for one in killed if f"/v{version}-r" in one.name and one.role == "server"]
        age = min((age for age in deaths if age >= -0.5), default=None)  # an answer may be read just after the death
        if age is None or age > DOCUMENTED + SLACK:
            wrong.append(f"request {request} to version {version} is lost; next death after {age} s")
        else:
            ages.append(age)
    return ages, wrong


def live_through(folder: Path, kills: int, seed: int) -> dict[str, object]:
    """Prepare, kill, and judge from outside."""
    wards, started = Wards(folder / "traffic"), time.monotonic()
    callers = Callers(wards)
    try:
        wards.write(endpoint=f"rollout={FAST}, capture=1.0")
        for command in (wards.up, wards.train, partial(wards.train, C=0.2), partial(wards.promote, 1)):
            assert ends(command)
        with callers.calling():
            killed, commands = kill_at_random(wards, callers, kills, seed)
        assert ends(wards.settle)
        assert ends(partial(_flush, wards))
        champion = kept.champions(wards.events("model/risk"))[-1]
        assert champion is not None
        ages, wrong = lost(wards, callers, killed)
        wrong += wards.disorder(champion)
    finally:
        ends(wards.destroy)
    wrong += [f"left behind: {name}" for name in wards.running().values()]
    return {
        "seed": seed,
        "killed": dict(Counter(one.role for one in killed)),
        "requests": len(callers.answers),
        "answered": callers.served,
        "lost": len(ages),
        "oldest_lost_s": round(max(ages, default=0.0), 2),
        "commands": commands.done,
        "given_again": commands.again,
        "wrong": wrong[:_SHOWN],
        "seconds": round(time.monotonic() - started),
    }


def _flush(wards: Wards) -> None:
    wards.connect().platform.driver.serving.flush("api")


if __name__ == "__main__":
    _, where, count, start = sys.argv
    print(json.dumps(live_through(Path(where), int(count), int(start))))  # noqa: T201  a script
