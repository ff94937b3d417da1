"""The stories that the tests look at, each lived once: the year as it was, and years that are altered."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from tests.story.heard import Answered, Request, requests_of
from tests.story.kept import Kept
from tests.story.oracle import Flights, Weeks, by_week
from tests.story.raw import flights_of, raw_folder
from tests.story.watched import Watched, watch

PATIENCE = 540.0
"""Seconds that a story may take on a machine that is busy with all other tests: five times what it needs."""


_LIVES = Path(__file__).with_name("lives.py")


@dataclass(frozen=True)
class Lived:
    """A story that has been lived: its folder, how it went, and what the client heard."""

    folder: Path
    watched: Watched
    flights: Flights
    requests: list[Request]

    @property
    def kept(self) -> Kept:
        return Kept(self.folder / ".modelwright" / "dev" / "control")

    @cached_property
    def answered(self) -> list[Answered]:
        return [row for request in self.requests for row in request.answered()]

    @cached_property
    def weeks(self) -> Weeks:
        return by_week(self.answered)


Live = Callable[..., Lived]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """The story as `modelwright demo` tells it, lived once however many workers ask for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, ended = shared / "flights-story", shared / "flights-story.json"
    with (shared / "flights-story.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ended.exists():
            command = [str(Path(sys.executable).with_name("modelwright")), "demo", "--folder", str(folder)]
            watched = watch(command, shared / "flights-story.log", within=PATIENCE)
            ended.write_text(json.dumps(dataclasses.asdict(watched)))
    document = json.loads(ended.read_text())
    return _lived(folder, Watched(**{**document, "left": tuple(document["left"])}), raw_folder())


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """Live a story by a plan, with the package's data or other data."""

    def story(data: Path | None = None, **plan: Any) -> Lived:
        document: Mapping[str, Any] = {**plan, **({"data": str(data)} if data else {})}
        command = [sys.executable, str(_LIVES), str(tmp_path / "story"), json.dumps(document)]
        watched = watch(command, tmp_path / "story.log", within=PATIENCE)
        return _lived(tmp_path / "story", watched, data or raw_folder())

    return story


def _lived(folder: Path, watched: Watched, data: Path) -> Lived:
    print(f"the story took {watched.seconds:.0f} s and at most {watched.peak / 2**20:.0f} MiB")  # noqa: T201  measured
    assert watched.status == 0, watched.output[-4000:]
    return Lived(folder, watched, flights_of(data), requests_of(folder / "requests.jsonl.gz"))
