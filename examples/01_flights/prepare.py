"""Writes what the project reads: the lake's flights, and each carrier's last seven days as they were known.

python prepare.py <folder of the lake> 2013-01-01 2013-03-05
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from departures import INPUTS, open_departures

WINDOW = np.timedelta64(7, "D")
REPORTED = np.timedelta64(60, "m")
"""An arrival is reported one hour after it."""
COMPUTED = np.timedelta64(10, "m")
"""The figures of an hour are written ten minutes after it: that is when they may be used."""

_COLUMNS = ("flight_id", "scheduled", "date", "day_of_year", *INPUTS, "late", "truth_at")


def write_flights(
    lake: Path, since: datetime, until: datetime, *, departures: duckdb.DuckDBPyConnection | None = None
) -> int:
    """Write `flights/dt=<day>/flights.parquet` for New York's days from `since` whose truth is complete by `until`.

    A day is written once, whole, when the last of its delays is known: a half-known day would hold too few late
    flights. Flights that never arrived have no truth and are left out. Returns the number of days written now.
    """
    source = departures or open_departures()
    days = source.execute(
        "SELECT date FROM departures GROUP BY date HAVING date >= $since AND max(truth_at) <= $until ORDER BY date",
        {"since": f"{since:%Y-%m-%d}", "until": until},
    ).fetchall()
    written = 0
    for (day,) in days:
        target = lake / "flights" / f"dt={day}" / "flights.parquet"
        if not target.exists():
            rows = f"SELECT {', '.join(_COLUMNS)} FROM departures WHERE date = '{day}' AND late IS NOT NULL"  # noqa: S608  the day is our own
            _write_parquet(source, f"{rows} ORDER BY scheduled, flight_id", target)
            written += 1
    return written


def write_carrier_features(
    lake: Path, since: datetime, until: datetime, *, departures: duckdb.DuckDBPyConnection | None = None
) -> int:
    """Write each carrier's arrivals of the last seven days, hour by hour, to `features/carrier/`; return the rows.

    The row of an hour counts the arrivals reported in the seven days that end with it: `flights_7d`, and their mean
    `mean_delay_7d` in minutes (null without any). It exists from `created_time` on.
    """
    source = departures or open_departures()
    hours = np.arange(_hour(since), _hour(until), np.timedelta64(1, "h")).astype("datetime64[us]")
    arrivals = source.execute(
        "SELECT carrier, arrived, arr_delay FROM departures WHERE arrived IS NOT NULL ORDER BY arrived"
    ).fetchnumpy()
    carriers = np.unique(arrivals["carrier"].astype(str))
    parts = [_carrier_rows(arrivals, carrier, hours) for carrier in carriers]
    frame = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    target = lake / "features" / "carrier" / f"{since:%Y%m%dT%H}-{until:%Y%m%dT%H}.parquet"
    source.register("carrier_rows", frame)
    try:
        _write_parquet(source, _AS_STORED, target)
    finally:
        source.unregister("carrier_rows")
    return len(frame["hour"])


_AS_STORED = """
SELECT carrier, CAST(hour AS TIMESTAMPTZ) AS hour, CAST(created_time AS TIMESTAMPTZ) AS created_time,
       CASE WHEN flights_7d > 0 THEN mean_delay_7d END AS mean_delay_7d, flights_7d
FROM carrier_rows ORDER BY created_time, carrier
"""


def _carrier_rows(arrivals: dict[str, Any], carrier: str, hours: np.ndarray) -> dict[str, np.ndarray]:
    """Return the carrier's rows, one per hour since its first reported arrival."""
    own = arrivals["carrier"] == carrier
    reported = np.asarray(arrivals["arrived"][own]).astype("datetime64[us]") + REPORTED
    totals = np.concatenate([[0], np.cumsum(np.asarray(arrivals["arr_delay"][own]))])
    hours = hours[hours >= reported[0]]
    last = np.searchsorted(reported, hours, side="right")
    first = np.searchsorted(reported, hours - WINDOW, side="right")
    flights = last - first
    return {
        "carrier": np.full(len(hours), carrier, dtype=object),
        "hour": hours,
        "created_time": hours + COMPUTED,
        "mean_delay_7d": (totals[last] - totals[first]) / np.maximum(flights, 1),
        "flights_7d": flights,
    }


def _hour(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "h")


def _write_parquet(connection: duckdb.DuckDBPyConnection, rows: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    connection.execute(f"COPY ({rows}) TO '{str(temporary).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
    temporary.replace(target)


def main(lake: str, since: str, until: str) -> None:
    """Write flights and carrier features of a span of days into a lake."""
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, until))
    source = open_departures()
    days = write_flights(Path(lake), first, last, departures=source)
    rows = write_carrier_features(Path(lake), first, last + timedelta(days=1), departures=source)
    print(f"{days} days of flights, {rows} rows of carrier features")  # noqa: T201  a program says what it did


if __name__ == "__main__":
    main(*sys.argv[1:])
