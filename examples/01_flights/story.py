"""The life of the flights project: months pass on a replay clock, and nobody is at a keyboard.

The story only plays the world: time passes, departures are sent over HTTP, delays become known. Everything else is
the product's own doing: it watches, decides to retrain, gates, soaks, rolls out, goes back.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from departures import open_departures
from prepare import write_carrier_features, write_flights
from world import OK, Airline, Answer, hours_of, truths_of

from modelwright.client import Client, Step, connect
from modelwright.clock import ReplayClock
from modelwright.store import local_path

ENDPOINT, MODEL, MONITOR = "delay-api", "delay", "delay-watch"
YEAR = datetime(2013, 1, 1, 5, tzinfo=UTC)
"""New York's midnight."""
MARCH = datetime(2013, 3, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
PAUSE = 0.02
"""Seconds between two looks at a job that runs, while time stands still."""

STEPS = ("up", "train", "serve", "decide", "break", "back")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the world does. It decides nothing for the product."""

    step: str = "back"
    """The step after which the story stops."""
    last_day: datetime = MARCH + 100 * DAY
    """When the story gives up waiting for a retraining."""
    singles: int = 10
    """How many flights of a day are sent on their own."""
    labels: bool = True
    """Whether delays ever become known."""
    data: Path | None = None
    """A folder with other `flights.csv.zip` and `weather.csv` than those of the package."""


@dataclass(slots=True)
class Story:
    """A project, its world, and how far they have come."""

    folder: Path
    plan: Plan
    say: Callable[[str], None]
    departures: duckdb.DuckDBPyConnection = field(init=False)
    clock: ReplayClock = field(init=False)
    client: Client = field(init=False)
    airline: Airline | None = None
    told: datetime = MARCH

    def live(self) -> None:
        """Live the story up to the plan's last step."""
        self.departures = open_departures(self.plan.data)
        self.clock = ReplayClock(self.folder / "clock", MARCH)
        self.client = connect(self.folder / "project.py", clock=self.clock)
        try:
            for step in STEPS[: STEPS.index(self.plan.step) + 1]:
                getattr(self, f"_{step}")()
        finally:
            if self.airline is not None:
                self.airline.close()

    # 1

    def _up(self) -> None:
        self.say("1  up: data stores, a feature view, an endpoint that awaits its first release")
        self.client.up()
        lake = self._lake()
        days = write_flights(lake, YEAR, MARCH, departures=self.departures)
        until = self.plan.last_day + 30 * DAY
        rows = write_carrier_features(lake, YEAR, until, departures=self.departures)
        self.say(
            f"   {days} days of flights in the lake; {rows:,} rows of carrier features, each with the time it was known"
        )
        self._settle()
        self.say(f"   {self.client.status().resource(ENDPOINT).detail}")

    def _lake(self) -> Path:
        return local_path(self.client.outputs()["lake"]["uri"])

    # 2

    def _train(self) -> None:
        self.say("2  train on January and February, register, pass the gate, promote")
        run = self.client.train("train-delay")
        run.wait(on_progress=self._step)
        version = self.client.register(run)
        promotion = self.client.promote(version, reason="first version")
        promotion.wait(on_progress=self._step)
        output = self.client.outputs()[ENDPOINT]
        token = Path(output["token_file"]).read_text().strip()
        self.airline = Airline(output["url"], token, self.folder / "requests.jsonl.gz")
        self.say(f"   version {version.number} serves at {output['url']}")

    # 3

    def _serve(self) -> None:
        self.say("3  the departures of March are sent; what became of them arrives days later")
        self._pass(MARCH + 31 * DAY)

    # 4

    def _decide(self) -> None:
        self.say("4  weeks close, and the product decides for itself")
        while self.clock.now() < self.plan.last_day and not self._promoted_again():
            self._pass(self.clock.now() + DAY)

    def _promoted_again(self) -> bool:
        entries = self.client.history(ENDPOINT).entries
        return entries[-1].release > 1 and entries[-1].state == "live"

    # 5

    def _break(self) -> None:
        self.say("5  a version that fails on 5 % of inputs is promoted on purpose, past its gates")
        run = self.client.train("train-fragile")
        run.wait(on_progress=self._step)
        version = self.client.register(run, model=MODEL)
        begun = len(self._sent())
        self.client.promote(version, override="a drill: does the canary hold?")
        release = self.client.history(ENDPOINT).entries[-1].release
        limit = self.clock.now() + 20 * DAY
        while self.clock.now() < limit and not self._went_back(release):
            self._pass(self.clock.now() + DAY)
        self._pass(self.clock.now() + 2 * DAY)
        self._tell_failures(begun)

    def _went_back(self, before: int) -> bool:
        entry = self.client.history(ENDPOINT).entries[-1]
        return entry.release > before and entry.state in {"rolled_back", "failed"}

    def _tell_failures(self, begun: int) -> None:
        answers = self._sent()[begun:]
        failed = [answer for answer in answers if answer.status != OK]
        shares = Counter(answer.version for answer in answers)
        text = ", ".join(f"version {version}: {count}" for version, count in sorted(shares.items(), key=str))
        self.say(f"   the client saw {len(failed)} of {len(answers)} requests fail ({text})")
        if failed:
            after = sum(1 for answer in answers if answer.at > failed[-1].at)
            self.say(f"   the last failure at {failed[-1].at:%Y-%m-%d %H:%M}Z; {after} requests since, none failed")

    def _sent(self) -> list[Answer]:
        assert self.airline is not None, "requests are sent from the second step on"
        return self.airline.answers

    # 6

    def _back(self) -> None:
        self.say("6  rollback, then history")
        self.client.rollback(ENDPOINT, reason="the story's end: back to the version before").wait(
            on_progress=self._step
        )

    # Time

    def _pass(self, until: datetime) -> None:
        """Let time pass: departures are sent, delays become known, and the product ticks."""
        since = self.clock.now()
        assert self.airline is not None, "time passes from the second step on"
        midnight = since
        for hour, requests in hours_of(self.departures, since, until, self.plan.singles):
            while hour >= midnight + DAY:
                midnight += DAY
                self._day(midnight)
            self.clock.advance_to(max(hour, self.clock.now()))
            for rows in requests:
                self.airline.ask(self.clock.now(), rows)
            self._settle()
        while midnight < until:
            midnight += DAY
            self._day(midnight)

    def _day(self, now: datetime) -> None:
        """Begin a day: what became known goes to the lake and to the endpoint as truth."""
        self.clock.advance_to(now)
        write_flights(self._lake(), YEAR, now, departures=self.departures)
        if self.plan.labels:
            self.client.record_truth(ENDPOINT, truths_of(self.departures, self.told, now))
        self.told = now
        self._settle()

    def _settle(self) -> None:
        """Tick until nothing is at work. Time stands still: a job of a minute is no day."""
        steps = self._tick()
        while any(step.busy for step in steps):
            if not any(step.moved for step in steps):
                time.sleep(PAUSE)
            steps = self._tick()

    def _tick(self) -> tuple[Step, ...]:
        steps = self.client.tick()
        for step in steps:
            self._step(step)
        return steps

    def _step(self, step: Step) -> None:
        if step.moved or step.failed:
            self.say(f"   {self.clock.now():%Y-%m-%d}  {step.stream}: {step.text}")
