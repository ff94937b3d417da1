"""A project that is killed and looked at from outside: its commands, and what its address answers over plain HTTP."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lifecycle.living import FAST, write_project
from tests.survival import kept
from tests.waiting import eventually

from modelwright import connect
from modelwright.client import Client

GATES = '[Metric("accuracy") >= 0.5]'
PATIENCE = 240.0
"""Seconds: for what takes three when nothing else runs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, which version gave it, and the request's id; the status is 0 where nothing came."""

    status: int
    version: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Wards:
    """The project in a folder, its environment `dev`."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "project.py"

    @property
    def state(self) -> Path:
        return self.folder / ".modelwright"

    @property
    def control(self) -> Path:
        return self.state / "dev/control"

    @property
    def row(self) -> dict[str, Any]:
        """A row that every version of the project answers."""
        return {"value": 1.0, "ward": "w01"}

    @property
    def address(self) -> tuple[int, str]:
        """Port and token of the endpoint."""
        home = self.state / "dev/endpoints/api"
        return json.loads((home / "address.json").read_bytes())["port"], (home / "token").read_text().strip()

    def write(self, *, endpoint: str = f"rollout={FAST}", gates: str = GATES, more: str = "") -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_project(self.folder, endpoint=endpoint, gates=gates, more=more)

    def connect(self) -> Client:
        return connect(self.file)

    # Commands, each to be run in a process of its own

    def up(self) -> None:
        self.connect().up()

    def train(self, **hyperparameters: Any) -> None:
        client = self.connect()
        client.register(client.train("fit", hyperparameters).wait(timeout=PATIENCE))

    def train_and_promote(self, **hyperparameters: Any) -> None:
        """Do what `modelwright train fit --promote` does."""
        client = self.connect()
        run = client.train_or_resume("fit", hyperparameters, promote=True).wait(timeout=PATIENCE)
        client.promote(client.register(run)).wait(timeout=PATIENCE)

    def promote(self, version: int) -> None:
        self.connect().promote(f"risk:{version}").wait(timeout=PATIENCE)

    def roll_back(self) -> None:
        self.connect().rollback("api", reason="as it was").wait(timeout=PATIENCE)

    def settle(self) -> None:
        """Tick until nothing moves."""
        client = self.connect()
        eventually(lambda: not any(step.busy or step.moved for step in client.tick()), within=PATIENCE)

    def destroy(self) -> None:
        self.connect().destroy(allow_data_loss=["foundation", "lake", "features"])

    # From outside

    def ask(self) -> Answer:
        """Ask the endpoint's address."""
        return ask(*self.address, self.row)

    def events(self, stream: str) -> list[dict[str, Any]]:
        return kept.events(self.control, stream)

    def bodies(self, stream: str, kind: str) -> list[dict[str, Any]]:
        return [event["body"] for event in self.events(stream) if event["kind"] == kind]

    def running(self) -> dict[int, str]:
        return kept.processes_of(self.folder)

    def kill_all(self) -> None:
        """End every process at once, as a power cut does."""
        for pid in self.running():
            kill(pid)
        eventually(lambda: not self.running())

    def disorder(self, version: int) -> list[str]:
        """Return what keeps this from being in order: this version alone serves, all agree on it, nothing is broken."""
        found = kept.wrong(self.control)
        named = kept.champions(self.events("model/risk"))
        if not named or named[-1] != version:
            found.append(f"the champion is {named[-1:]}, not version {version}")
        traffic = self.bodies("endpoint/api", "traffic.set")
        wanted = {f"v{version}-r{traffic[-1]['release']}": 100} if traffic else {}
        if not traffic or traffic[-1]["weights"] != wanted:
            found.append(f"the traffic is {traffic[-1:]}")
        answer = self.ask()
        if (answer.status, answer.version) != (200, str(version)):
            found.append(f"the endpoint answers {answer}")
        return found + self._strays([f"{variant}/server" for variant in wanted])

    def _strays(self, servers: list[str]) -> list[str]:
        home = ".modelwright/dev/endpoints/api"
        expected = sorted(f"{home}/{name}" for name in ("router", *servers))
        try:
            eventually(lambda: sorted(self.running().values()) == expected, within=PATIENCE)
        except AssertionError:
            return [f"there run {sorted(self.running().values())}, not {expected}"]
        return []


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def ask(port: int, token: str, row: Mapping[str, Any], timeout: float = 60.0) -> Answer:
    """Send one row to an address."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    body = json.dumps({"rows": [row]}).encode()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/predict", body, headers)
    try:
        with urllib.request.urlopen(asked, timeout=timeout) as answer:
            json.loads(answer.read())
            return Answer(answer.status, answer.headers["x-modelwright-version"], answer.headers["x-request-id"])
    except urllib.error.HTTPError as error:
        return Answer(error.code)
    except (OSError, ValueError):
        return Answer(0)
