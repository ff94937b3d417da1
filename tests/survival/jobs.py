"""Kills a monitor's and a view's job before each of their own steps on the disk.

`python -m tests.survival.jobs <folder> <first> <every> <most>` prints the points and what was wrong after any. Nobody
gives a command again here: the one that waits for the job has to see it through.
"""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from tests.survival.dying.sitecustomize import PLAN
from tests.survival.mortal import ends
from tests.survival.watched import WatchedWards

from modelwright.adapters.local.driver import jobs as local_jobs

VERBS = ("materialise", "monitor")


def sweep(folder: Path, first: int, every: int, most: int) -> dict[str, Any]:
    """Let a day pass for each point of each job, until both come to their end before they die."""
    wards, started = WatchedWards(folder / "jobs"), time.monotonic()
    points, wrong, unhurt = dict.fromkeys(VERBS, 0), list[str](), set[str]()
    day = 0
    try:
        wards.prepare()
        while waiting := [verb for verb in VERBS if verb not in unhurt and points[verb] < most]:
            verb, point = waiting[0], first + points[waiting[0]] * every
            wards.live_through(day)
            if not ends(partial(_settle, wards, verb, point)):
                wrong.append(f"{verb} {point}: what waited for the job failed")
            wrong += [f"{verb} {point}: {fault}" for fault in wards.missed(day)]
            unhurt |= set() if _was_killed(wards) else {verb}
            points[verb] += 1
            day += 1
    finally:
        ends(wards.destroy)
    wrong += [f"left behind: {left}" for left in wards.running().values()]
    return {"points": sum(points.values()), "wrong": wrong, "seconds": round(time.monotonic() - started)}


def _settle(wards: WatchedWards, verb: str, point: int) -> None:
    """Tick until nothing moves, while the job of this kind dies before a step."""
    plan, root = wards.folder / "plan.json", Path(__file__).parents[2]
    plan.write_text(json.dumps({"verb": verb, "point": point, "inside": str(wards.state), "tests": str(root)}))
    os.environ[PLAN] = str(plan)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent / "dying"), os.environ.get("PYTHONPATH", "")])
    local_jobs.OWN = frozenset()  # type: ignore[attr-defined]  # forks of a warm process would start without reading the plan
    wards.settle()


def _was_killed(wards: WatchedWards) -> bool:
    """Return whether any supervisor saw its workload die by SIGKILL since the last look."""
    taken, seen = wards.folder / "plan.taken", wards.folder / "seen.json"
    assert taken.exists(), "no workload took up the plan"
    taken.unlink()
    known = set(json.loads(seen.read_text())) if seen.exists() else set()
    exits = {path: json.loads(path.read_text()) for path in (wards.state / "dev/jobs").glob("*/exit.json")}
    seen.write_text(json.dumps([str(path) for path in exits]))
    return any(ended["attempts"] > 1 for path, ended in exits.items() if str(path) not in known)


if __name__ == "__main__":
    _, where, start, step, limit = sys.argv
    print(json.dumps(sweep(Path(where), int(start), int(step), int(limit))))  # noqa: T201  a script
