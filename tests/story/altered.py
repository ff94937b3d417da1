"""Other years than 2013 was: the package's raw files, altered, written where a story reads them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeAlias

from tests.story.raw import LAST_MONTH, open_flights, raw_folder

Row: TypeAlias = dict[str, str]
Days: TypeAlias = Callable[[date], Iterable[int]]
"""By how many days a day is moved, once for each day that it becomes; a day that becomes none is left out."""

MARCH_4, MARCH_12, MARCH_18, MARCH_31 = (date(2013, 3, day) for day in (4, 12, 18, 31))


def march_again(day: date) -> Iterator[int]:
    """Let the days of March come again 28 days later, so that weekdays stay; there is no other April."""
    if day <= MARCH_31:
        yield 0
    if MARCH_4 <= day <= MARCH_31:  # 1 to 28 April
        yield 28
    if MARCH_4 <= day <= MARCH_12:  # 29 April to 7 May
        yield 56


def two_weeks_earlier(day: date) -> Iterator[int]:
    """Leave out 4 to 17 March, and let all that follows come two weeks earlier."""
    if day < MARCH_4:
        yield 0
    elif day >= MARCH_18:
        yield -14


def write_altered(target: Path, days: Days) -> Path:
    """Write the files that the example reads into a folder, each day up to May moved as `days` says.

    Whole days of New York move. `time_hour`, an instant, moves by as many times 24 hours, so that weeks in UTC keep
    their departures. Returns the folder.
    """
    target.mkdir(parents=True)
    with open_flights(raw_folder()) as flights:
        text = _table(csv.DictReader(flights), days)
    with zipfile.ZipFile(target / "flights.csv.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("flights.csv", text)
    with (raw_folder() / "weather.csv").open(encoding="utf-8", newline="") as weather:
        (target / "weather.csv").write_text(_table(csv.DictReader(weather), days), encoding="utf-8")
    return target


def _table(rows: csv.DictReader[str], days: Days) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows.fieldnames or (), lineterminator="\n")
    writer.writeheader()
    moves: dict[date, tuple[int, ...]] = {}
    for row in rows:
        if int(row["month"]) <= LAST_MONTH:
            day = date(int(row["year"]), int(row["month"]), int(row["day"]))
            if day not in moves:
                moves[day] = tuple(days(day))
            writer.writerows(_moved(row, day, by) for by in moves[day])
    return text.getvalue()


def _moved(row: Row, day: date, by: int) -> Row:
    if not by:
        return row
    to = day + timedelta(days=by)
    fields = {"year": str(to.year), "month": str(to.month), "day": str(to.day)}
    return {**row, **fields, "time_hour": _hour(row["time_hour"], by)}


@cache
def _hour(text: str, by: int) -> str:
    moved = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) + timedelta(days=by)
    return f"{moved:%Y-%m-%dT%H:%M:%SZ}"
