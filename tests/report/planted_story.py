"""A story with known numbers: what half a year of a model in service could look like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from modelwright.report.series import Decided, Drifted, Measured, Released, StoryData, Traffic, Window
from modelwright.report.values import Marker

START = datetime(2013, 3, 1, tzinfo=UTC)
END = datetime(2013, 7, 1, tzinfo=UTC)
ALARM = datetime(2013, 4, 22, 6, tzinfo=UTC)
CANARY = datetime(2013, 4, 23, 8, tzinfo=UTC)
_FIRST = (0.667, 0.711, 0.693, 0.696, 0.656, 0.648, 0.641, 0.639)
_SECOND = (0.694, 0.699, 0.688, 0.701, 0.692, 0.686, 0.695, 0.690)


def _windows(values: tuple[float, ...], first: datetime, version: int, threshold: float) -> tuple[Window, ...]:
    made = []
    for index, value in enumerate(values):
        start = first + timedelta(days=7 * index)
        status = "violated" if value < threshold else "ok"
        made.append(
            Window(start, start + timedelta(days=7), version, status, value, value - 0.012, value + 0.012, 6000, 0.97)
        )
    return tuple(made)


def _drift(column: str, values: tuple[float, ...], threshold: float, false_alarms: float | None) -> Drifted:
    windows = tuple(
        Window(
            START + timedelta(days=7 * index),
            START + timedelta(days=7 * index + 7),
            1,
            "violated" if value > threshold else "ok",
            value,
            threshold=threshold,
        )
        for index, value in enumerate(values)
    )
    return Drifted(column, "psi", windows, false_alarms)


def story(title: str = "flights: half a year in service") -> StoryData:
    minutes = timedelta(minutes=1)
    return StoryData(
        title=title,
        subtitle="delay-api in dev, 1 March to 1 July 2013, on a replay clock",
        start=START,
        end=END,
        facts=(
            ("Requests", "112,408"),
            ("Windows", "16"),
            ("Releases", "4"),
            ("Retrainings", "1"),
            ("Failed after abort", "0"),
        ),
        measured=(
            Measured(
                "auc",
                _windows(_FIRST, START, 1, 0.66)
                + _windows(_SECOND, datetime(2013, 4, 26, tzinfo=UTC), 2, 0.66)
                + (Window(END - timedelta(days=7), END, 2, "insufficient", None, rows=12, matched=0.2),),
                0.66,
            ),
        ),
        drifted=(
            _drift("temp", (0.31, 0.4, 0.52, 0.61, 0.9, 1.4, 1.8, 2.2), 0.82, 0.05),
            _drift("distance", (0.01, 0.012, 0.02, 0.011, 0.015, 0.02, 0.018, 0.017), 0.05, 0.04),
            _drift("pressure", (0.4, 0.6, 0.33, 0.71, 0.5, 0.8, 0.42, 0.7), 0.2, 0.93),
            _drift("<carrier> & co", (0.02, 0.02, 0.02, 0.02, 0.04, 0.02, 0.02, 0.02), 0.03, None),
        ),
        traffic=(
            Traffic(START, 1, {"version 1": 100}),
            Traffic(CANARY, 2, {"version 1": 90, "version 2": 10}),
            Traffic(CANARY + 10 * minutes, 2, {"version 1": 50, "version 2": 50}),
            Traffic(CANARY + 20 * minutes, 2, {"version 2": 100}),
            Traffic(datetime(2013, 6, 1, 8, tzinfo=UTC), 3, {"version 2": 90, "version 3": 10}),
            Traffic(datetime(2013, 6, 1, 8, 4, tzinfo=UTC), 2, {"version 2": 100}),
            Traffic(datetime(2013, 6, 9, 8, 4, tzinfo=UTC), 2, {"version 2": 100}, {"version 3": 1.0}),
        ),
        decisions=(
            Decided(
                START,
                "version 1 promoted to champion",
                "first version",
                "auc 0.702 ≥ 0.65 on 7,912 held-out rows",
                "ana",
                "model/delay#6",
                "good",
            ),
            Decided(
                ALARM,
                "delay-watch violated",
                "auc below 0.66 in 3 of 5 windows",
                "0.656, 0.648, 0.641",
                "operator",
                "monitor/delay-watch#1",
                "bad",
            ),
            Decided(
                ALARM,
                "retraining of train-delay decided",
                "cooldown over, 0.0 of 200 spent, data changed",
                "sha256:9f2c…",
                "operator",
                "training/train-delay#4",
            ),
            Decided(
                CANARY,
                "release 2 planned",
                "version 2 beats champion by 0.041 (0.022 to 0.060)",
                "days 70, 75, 80 unseen by both",
                "operator",
                "endpoint/delay-api#9",
            ),
            Decided(
                datetime(2013, 6, 1, 8, 4, tzinfo=UTC),
                "release 3 failed",
                "error_rate > 0.01",
                "0.052 of 212 requests",
                "operator",
                "endpoint/delay-api#19",
                "bad",
            ),
        ),
        releases=(
            Released(1, "version 1", "superseded", START, START, CANARY + 20 * minutes, "first version"),
            Released(2, "version 2", "live", CANARY, CANARY + 20 * minutes, None, "retrained"),
            Released(
                3,
                "version 3",
                "rolled_back",
                datetime(2013, 6, 1, 8, tzinfo=UTC),
                None,
                datetime(2013, 6, 1, 8, 4, tzinfo=UTC),
                "error_rate > 0.01",
            ),
        ),
        markers=(
            Marker(START, "release 1"),
            Marker(ALARM, "3 of 5: retrain", "alarm"),
            Marker(CANARY, "release 2"),
            Marker(datetime(2013, 6, 1, 8, tzinfo=UTC), "release 3 aborted", "alarm"),
        ),
        footer="Written by modelwright 0.1.0 from the ledger and the results of monitor delay-watch.",
    )
