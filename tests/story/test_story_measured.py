"""Every figure that the monitor wrote is the one that the raw files and the client's log give."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from tests.story.conftest import Lived
from tests.story.kept import at, window_of
from tests.story.oracle import (
    INPUTS_WITHIN,
    LABELS_WITHIN,
    MIN_ROWS,
    WEEK,
    Carriers,
    auc_of,
    column_of,
    day_start,
    psi,
    rows_of,
    training_rows,
)
from tests.story.raw import seconds

pytestmark = pytest.mark.timeout(600)

CLOSE = 1e-9
ORACLES = ("raw", "heard", "kept", "oracle", "asked", "altered", "watched")


def test_the_oracles_use_nothing_of_modelwright() -> None:
    imports = "; ".join(f"import tests.story.{name}" for name in ORACLES)
    check = f"import sys; {imports}; sys.exit(any(name.partition('.')[0] == 'modelwright' for name in sys.modules))"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_auc_of_every_week_and_version_is_that_of_what_was_sent(told: Lived) -> None:
    compared = 0
    for result in told.kept.results("auc"):
        start, end = window_of(result)
        until = end + LABELS_WITHIN if result["revision"] == 0 else at(result)
        rows = rows_of(told.weeks, result["version"], start, until)
        auc, matched = auc_of(told.flights, rows, until)
        assert result["rows"] == len(rows)
        assert result["matched"] == pytest.approx(matched, abs=CLOSE)
        assert (result["status"] == "insufficient") == (len(rows) < MIN_ROWS)
        if len(rows) >= MIN_ROWS:
            assert result["value"] == pytest.approx(auc, abs=CLOSE)
            assert (result["status"] == "violated") == (result["value"] < result["check"]["minimum"])
            compared += 1
    assert compared >= 7, "seven whole weeks, at the least, were measured"


def test_no_week_of_a_version_is_left_out(told: Lived) -> None:
    results = told.kept.results("auc", first=True)
    end = max(at(result) for result in results)
    closed = {(version, start) for version, start in told.weeks if start + WEEK + LABELS_WITHIN <= end}
    assert {(result["version"], window_of(result)[0]) for result in results} == closed


def test_three_weeks_close_before_their_last_labels_and_are_revised(told: Lived) -> None:
    revised = [result for result in told.kept.results("auc") if result["revision"] > 0]
    first = {(window_of(r), r["version"]): r["matched"] for r in told.kept.results("auc", first=True)}
    assert len(revised) >= 3
    assert all(result["matched"] > first[window_of(result), result["version"]] for result in revised)


def test_psi_of_every_column_is_that_of_what_was_sent_and_trained_on(told: Lived) -> None:
    carriers = Carriers(told.flights)
    begun = dict(_trainings(told))

    @cache
    def reference(version: int, column: str) -> list[float]:
        rows = training_rows(told.flights, begun[version])
        return [column_of(flight, column, carriers, flight.scheduled) for flight in rows]

    compared = set()
    for result in told.kept.results("drift.*"):
        start, end = window_of(result)
        version, column = result["version"], result["check"]["column"]
        until = end + INPUTS_WITHIN if result["revision"] == 0 else at(result)
        rows = rows_of(told.weeks, version, start, until)
        assert result["rows"] == len(rows)
        if len(rows) < MIN_ROWS:
            assert result["status"] == "insufficient"
            continue
        expected = psi(
            reference(version, column),
            [column_of(told.flights[row.flight], column, carriers, day_start(row.at)) for row in rows],
        )
        assert result["value"] == pytest.approx(expected, abs=CLOSE), (column, start, version)
        assert (result["status"] == "violated") == (result["value"] > result["check"]["threshold"])
        compared.add((start, column))
    assert {column for _, column in compared} == {"hour", "distance", "temp", "wind_speed", "mean_delay_7d"}
    assert len({start for start, _ in compared}) >= 7


def test_what_was_sent_is_what_the_raw_files_say(told: Lived) -> None:
    for row in told.answered:
        flight = told.flights[row.flight]
        assert row.scheduled == flight.scheduled
        assert {name: value for name, value in row.sent.items() if name not in {"flight_id", "scheduled"}} == (
            flight.inputs()
        )


def test_every_training_got_the_days_that_were_whole_and_not_held_out(told: Lived) -> None:
    trainings = [(version, moment) for version, moment in _trainings(told) if version != max(told.kept.models)]
    assert len(trainings) == 2, "and the fragile version's job keeps no days from it"
    for version, moment in trainings:
        days = {f"{flight.day:%Y-%m-%d}" for flight in training_rows(told.flights, moment)}
        assert told.kept.learned_days(version) == days


def _trainings(told: Lived) -> Iterator[tuple[int, int]]:
    """Yield every version and when its training began."""
    started: dict[str, Any] = {
        event["body"]["run"]: event["at"]
        for job in ("train-delay", "train-fragile")
        for event in told.kept.events(f"training/{job}", "run.started")
    }
    for event in told.kept.events("model/delay", "version.registered"):
        yield event["body"]["version"], seconds(started[event["body"]["run"]])
