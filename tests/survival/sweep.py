"""Kills one command of a rollout before each of its steps on the disk, and gives it again.

`python -m tests.survival.sweep <folder> <scenario> <first> <every> <most>` prints how many points there were and what
was wrong after any of them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.lifecycle.living import CANARY, FAST
from tests.survival.mortal import dies, ends
from tests.survival.wards import Wards
from tests.survival.watched import WatchedWards

Turn = Callable[[Wards, int], object]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command: what is made ready once and before each turn, whether it was done when killed, what must hold then."""

    prepare: Callable[[Wards], object]
    command: Turn
    check: Callable[[Wards, int], list[str]]
    before: Turn = lambda _wards, _turn: None
    was_done: Callable[[Wards, int], bool] = lambda _wards, _turn: False
    wards: type[Wards] = Wards


def _one_version(wards: Wards) -> None:
    wards.write()
    for command in (wards.up, wards.train, partial(wards.promote, 1)):
        assert ends(command)


def _two_versions(wards: Wards) -> None:
    wards.write()
    for command in (wards.up, wards.train, partial(wards.train, C=0.2), partial(wards.promote, 1)):
        assert ends(command)


def _other(turn: int) -> int:
    """Versions take turns: 2 at first, because 1 serves."""
    return 2 - turn % 2


def _is_back(wards: Wards, _turn: int) -> bool:
    """Return whether the release that restores was live already: the killed command had done its work."""
    planned = wards.bodies("endpoint/api", "release.planned")[-1]
    live = {body["release"] for body in wards.bodies("endpoint/api", "release.live")}
    return planned["restores"] is not None and planned["release"] in live


def _train(wards: Wards, turn: int) -> None:
    wards.train_and_promote(C=1.0 / (turn + 2))


def _is_live(wards: Wards, turn: int) -> bool:
    """Return whether the turn's version was live already: the killed command had done its work."""
    return len(wards.bodies("endpoint/api", "release.live")) == turn + 2


def _trained(wards: Wards, turn: int) -> list[str]:
    runs, versions = (
        len(wards.bodies(*place)) for place in (("training/fit", "run.queued"), ("model/risk", "version.registered"))
    )
    once = [] if (runs, versions) == (turn + 2, turn + 2) else [f"{runs} runs and {versions} versions, not {turn + 2}"]
    return [*wards.disorder(turn + 2), *once]


def _declare(wards: Wards, turn: int) -> None:
    """Change what is declared: another rollout, and a data store that comes and goes."""
    more = ', DataStore("pond")' if turn % 2 == 0 else ""
    wards.write(endpoint=f"rollout={CANARY if turn % 2 == 0 else FAST}", more=more)


def _applied(wards: Wards, turn: int) -> list[str]:
    found = wards.disorder(1)
    record = json.loads((wards.control / "platform.json").read_bytes())
    pond = (wards.state / "dev/data/pond").is_dir()
    if ("pond" in record["outputs"], pond) != (turn % 2 == 0, turn % 2 == 0):
        found.append(f"pond is in the record: {'pond' in record['outputs']}; on the disk: {pond}")
    return found


def _gone(wards: Wards, _turn: int) -> list[str]:
    left = [f"there still runs {name}" for name in wards.running().values()]
    return left + ([f"{wards.state} is still there"] if wards.state.exists() else [])


def _watched(wards: Wards) -> None:
    assert isinstance(wards, WatchedWards)
    wards.prepare()


def _day(wards: Wards, turn: int) -> None:
    assert isinstance(wards, WatchedWards)
    wards.live_through(turn)


def _missed(wards: Wards, turn: int) -> list[str]:
    assert isinstance(wards, WatchedWards)
    return wards.missed(turn)


SCENARIOS = {
    "up": Scenario(_one_version, lambda w, _: w.up(), _applied, before=_declare),
    "train": Scenario(_one_version, _train, _trained, was_done=_is_live),
    "promote": Scenario(_two_versions, lambda w, turn: w.promote(_other(turn)), lambda w, t: w.disorder(_other(t))),
    "rollback": Scenario(
        _two_versions,
        lambda w, _: w.roll_back(),
        lambda w, _: w.disorder(1),
        before=lambda w, _: ends(partial(w.promote, 2)),
        was_done=_is_back,
    ),
    "tick": Scenario(_watched, lambda w, _: w.settle(), _missed, before=_day, wards=WatchedWards),
    "destroy": Scenario(
        Wards.write, lambda w, _: w.destroy(), _gone, before=lambda w, _: _one_version(w),
    ),
}  # fmt: skip


def sweep(folder: Path, name: str, first: int, every: int, most: int) -> dict[str, object]:
    """Kill a scenario's command before its steps `first`, `first + every` … until it ends by itself."""
    scenario = SCENARIOS[name]
    wards = scenario.wards(folder / name)
    wrong: list[str] = []
    points, started = 0, time.monotonic()
    try:
        scenario.prepare(wards)
        while points < most and not _turn(scenario, wards, points, first + points * every, wrong):
            print(f"{name}: {first + points * every}, {len(wrong)} wrong", file=sys.stderr, flush=True)  # noqa: T201  a script
            points += 1
    finally:
        ends(wards.destroy)
    wrong += [f"left behind: {left}" for left in wards.running().values()]
    return {"scenario": name, "points": points, "wrong": wrong, "seconds": round(time.monotonic() - started)}


def _turn(scenario: Scenario, wards: Wards, turn: int, point: int, wrong: list[str]) -> bool:
    """Kill the command at a point, give it again and look; return whether it had come to its end before the point."""
    scenario.before(wards, turn)
    command = partial(scenario.command, wards, turn)
    complete = dies(command, point, wards.state)
    if not complete and not scenario.was_done(wards, turn) and not ends(command):
        wrong.append(f"{point}: the same command again failed")
    if wards.state.exists():
        ends(wards.settle)
    wrong += [f"{point}: {fault}" for fault in scenario.check(wards, turn)]
    return complete


if __name__ == "__main__":
    _, where, which, start, step, limit = sys.argv
    print(json.dumps(sweep(Path(where), which, int(start), int(step), int(limit))))  # noqa: T201  a script
