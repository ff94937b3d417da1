"""Other years than 2013 was: the package's raw files, altered, written where a story reads them."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from tests.story.raw import open_flights, raw_folder

Row: TypeAlias = dict[str, str]
Days: TypeAlias = Callable[[date], Iterable[int]]
"""By how many days a day is moved, once for each day that it becomes; a day that becomes none is left out."""



def march_again(day: date) -> Iterator[int]:
    """Let the days of March come a second time, 28 days later: weekdays stay, and there is no other April."""
    if day <= date(2013, 3, 31):
        yield 0
    if date(2013, 3, 4) <= day <= date(2013, 3, 31):
        yield 28
    if date(2013, 3, 4) <= day <= date(2013, 3, 12):  # 29 April to 7 May
        yield 56


def two_weeks_earlier(day: date) -> Iterator[int]:
    """Leave out 4 to 17 March, and let all that follows come two weeks earlier."""
    if day < date(2013, 3, 4):
        yield 0
    elif day >= date(2013, 3, 18):
        yield -14


def write_altered(target: Path, days: Days) -> Path:
    """Write the files that the example reads into a folder, each day moved as `days` says, and return the folder.

    Whole days of New York move; `time_hour`, an instant, moves by as many times 24 hours, so that weeks in UTC keep
    their departures.
    """
    target.mkdir(parents=True)
    with open_flights() as source:
        text = _table(csv.DictReader(source), days)
    with zipfile.ZipFile(target / "flights.csv.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("flights.csv", text)
    with (raw_folder() / "weather.csv").open(encoding="utf-8", newline="") as weather:
        (target / "weather.csv").write_text(_table(csv.DictReader(weather), days), encoding="utf-8")
    for name in ("airlines.csv", "airports.csv"):
        shutil.copyfile(raw_folder() / name, target / name)
    return target


def _table(rows: csv.DictReader[str], days: Days) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows.fieldnames or (), lineterminator="\n")
    writer.writeheader()
    moved = {}
    for row in rows:
        key = (row["year"], row["month"], row["day"])
        if key not in moved:
            moved[key] = tuple(days(date(*map(int, key))))
        writer.writerows(_moved(row, by) for by in moved[key])
    return text.getvalue()


def _moved(row: Row, by: int) -> Row:
    if not by:
        return row
    day = date(int(row["year"]), int(row["month"]), int(row["day"])) + timedelta(days=by)
    hour = datetime.strptime(row["time_hour"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) + timedelta(days=by)
    fields = {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
    return {**row, **fields, "time_hour": f"{hour:%Y-%m-%dT%H:%M:%SZ}"}
