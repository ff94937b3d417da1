"""Kills a command before every single step it takes on the disk, and runs it again: `python -m … <folder> <scenario>`.

Each command runs in a forked process that an audit hook ends, as `kill -9` would, before its n-th file operation.
Prints the number of crash points and what was wrong after any of them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.adapters.local_platform.samples import assemble, down, endpoint, online, serving, store, tree, up

from modelwright.adapters.local.driver.platform import LocalPlatform
from modelwright.assembly import Assembly

_CHANGING = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.chmod", "os.truncate"}
_KILLED = 137


def first() -> Assembly:
    lake, api = store("lake"), endpoint("api")
    return assemble(lake, store("gone"), online("features"), api, endpoint("old"), requests=(serving(api, lake),))


def second() -> Assembly:
    pond, api = store("pond", renamed_from=("lake",)), endpoint("api")
    return assemble(pond, store("lake"), online("features"), api, requests=(serving(api, pond),))


def write_data(folder: Path) -> None:
    (folder / ".modelwright/dev/data/lake/flights.csv").write_text("rows")


def killed_at(point: int, command: Callable[[], object]) -> bool:
    """Run a command that is killed before its n-th change of the disk; return whether it came to its end before."""
    pid = os.fork()
    if pid == 0:
        left = [point]

        def hook(event: str, args: tuple[Any, ...]) -> None:
            writes = event == "open" and bool((args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            if writes or event in _CHANGING:
                left[0] -= 1
                if left[0] == 0:
                    os._exit(_KILLED)

        sys.addaudithook(hook)
        try:
            command()
        except BaseException as error:  # noqa: BLE001  the parent must hear of anything
            print(repr(error), file=sys.stderr, flush=True)  # noqa: T201  a script
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status not in (0, _KILLED):
        raise SystemExit(f"crash point {point}: the command failed by itself ({status})")
    return status == 0


def sweep(folder: Path, scenario: str) -> dict[str, Any]:
    wrong: list[str] = []
    point = 0
    while True:
        point += 1
        place = folder / f"{scenario}-{point}"
        place.mkdir()
        complete = globals()[f"_{scenario}"](place, point, wrong)
        if complete:
            return {"points": point - 1, "wrong": wrong}


def _up(place: Path, point: int, wrong: list[str]) -> bool:
    complete = killed_at(point, lambda: up(place, first()))
    up(place, first())
    _settled(place, first(), _expected(place, first()), point, wrong)
    return complete


def _change(place: Path, point: int, wrong: list[str]) -> bool:
    up(place, first())
    write_data(place)
    token = (place / ".modelwright/dev/endpoints/api/token").read_text()
    complete = killed_at(point, lambda: up(place, second()))
    record = json.loads((place / ".modelwright/dev/control/platform.json").read_bytes())
    if not complete and record["assembly"] not in {first().digest, second().digest}:
        wrong.append(f"{point}: the record is neither the old nor the new one")
    up(place, second())
    _settled(place, second(), _expected(place, second()) | {".modelwright/dev/data/pond/flights.csv"}, point, wrong)
    if (place / ".modelwright/dev/endpoints/api/token").read_text() != token:
        wrong.append(f"{point}: the token changed")
    return complete


def _destroy(place: Path, point: int, wrong: list[str]) -> bool:
    up(place, first())
    write_data(place)
    complete = killed_at(point, lambda: down(place, "lake"))
    left = tree(place)
    if ".modelwright/dev/control/platform.json" not in left and any(
        "/data/" in name or "/endpoints/" in name for name in left
    ):
        wrong.append(f"{point}: the record went before what it describes")
    down(place, "lake")
    if tree(place):
        wrong.append(f"{point}: left {sorted(tree(place))}")
    return complete


def _settled(place: Path, assembly: Assembly, expected: set[str], point: int, wrong: list[str]) -> None:
    if planned := LocalPlatform(place, "dev").plan(assembly):
        wrong.append(f"{point}: still to do {[str(change) for change in planned]}")
    if (found := tree(place)) != expected:
        wrong.append(f"{point}: differs by {sorted(found ^ expected)}")


def _expected(place: Path, assembly: Assembly) -> set[str]:
    fresh = place.with_name(f"{place.name}-fresh")
    fresh.mkdir()
    up(fresh, assembly)
    return tree(fresh)


if __name__ == "__main__":
    print(json.dumps(sweep(Path(sys.argv[1]), sys.argv[2])))  # noqa: T201  a script
