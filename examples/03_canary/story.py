"""Three versions under real load: a good one, one that fails for one clinic in twenty, and the one that mends it.

`python story.py` says what happened as it happens, and how many requests failed as the clients saw it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patients import read_patients

from modelwright import connect
from modelwright.client import Client, Step
from modelwright.errors import ModelwrightError

ENDPOINT = "biopsy-api"
CALLERS = 3
PATIENCE = 120.0
"""Seconds that a promotion may take."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as its caller saw it: when it was sent (wall time), which clinic's, answered or not, by whom."""

    at: float
    clinic: str
    answered: bool
    version: int | None
    problem: str = ""


@dataclass(slots=True)
class Hospital:
    """Patients who never stop coming: each request is one patient, and every answer is written down."""

    project: Path
    asked: list[Asked] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Send patients from several callers at once until the block ends."""
        patients = list(rows_of_patients())
        threads = [threading.Thread(target=self._send, args=(patients[n::CALLERS],)) for n in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _send(self, patients: list[dict[str, Any]]) -> None:
        client = connect(self.project)
        while True:
            for patient in patients:
                if self._stop.wait(0.002):
                    return
                self.asked.append(_ask(client, patient))


def _ask(client: Client, patient: dict[str, Any]) -> Asked:
    at = time.time()
    try:
        answer = client.predict(ENDPOINT, [patient])
    except ModelwrightError as error:
        return Asked(at, patient["clinic"], answered=False, version=None, problem=error.message)
    return Asked(at, patient["clinic"], answered=True, version=answer.version)


def rows_of_patients() -> Iterator[dict[str, Any]]:
    """Yield each patient as a request's row."""
    columns, _ = read_patients()
    for values in zip(*(column.tolist() for column in columns.values()), strict=True):
        yield dict(zip(columns, values, strict=True))


@dataclass(slots=True)
class Story:
    """What is done with the project, and what was seen."""

    folder: Path
    say: Callable[[str], None] = print
    went_back: float = 0.0
    """When the abort had taken effect, in wall time."""

    def live(self) -> list[Asked]:
        """Live the story; return every request as its caller saw it."""
        client = connect(self.folder / "project.py")
        self.say("1  a good version goes live")
        client.up()
        runs = [client.train("train-biopsy"), client.train("train-careless"), client.train("train-biopsy", {"C": 0.3})]
        good, careless, mended = [client.register(run.wait(), model="biopsy") for run in runs]
        client.promote(good, reason="the first").wait(timeout=PATIENCE, on_progress=self._heard)
        hospital = Hospital(self.folder / "project.py")
        with hospital.open():
            self.say("2  a version that forgot a clinic is promoted, past its gates")
            promotion = client.promote(careless, override="the clinics are waiting", reason="in a hurry")
            try:
                promotion.wait(timeout=PATIENCE, on_progress=self._heard)
            except ModelwrightError as error:
                self.say(f"   {error.message}")
            self.say("3  the version that mends it goes all the way")
            client.promote(mended, reason="all clinics").wait(timeout=PATIENCE, on_progress=self._heard)
        self._tell(client, hospital.asked)
        return hospital.asked

    def _heard(self, step: Step) -> None:
        if "goes back" in step.text:
            self.went_back = time.time()
        if step.moved or step.failed:
            self.say(f"   {step.stream}: {step.text}")

    def _tell(self, client: Client, asked: list[Asked]) -> None:
        self.say("4  what the callers saw")
        for version, count in sorted(Counter(each.version or 0 for each in asked if each.answered).items()):
            self.say(f"   version {version} answered {count} requests")
        failed = [each for each in asked if not each.answered]
        later = [each for each in failed if each.at > self.went_back]
        clinics = ", ".join(sorted({each.clinic for each in failed}))
        self.say(
            f"   {len(failed)} requests failed (clinic {clinics}), {len(later)} of them after the canary went back"
        )
        self.say("5  and what the ledger says")
        for entry in client.history(ENDPOINT).entries:
            self.say(f"   release {entry.release}, version {entry.versions[0]}: {entry.state}  {entry.outcome}")


if __name__ == "__main__":
    STORY = Story(Path(__file__).parent)
    STORY.live()
    STORY.say("   `modelwright endpoint history biopsy-api` tells more; `modelwright destroy` removes it")
