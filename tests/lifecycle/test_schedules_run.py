"""Views are filled and tables are scored by schedule, with the releases that everything else has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.lifecycle.living import fitted, living, settle, write_project

from modelwright import connect
from modelwright.canonical import timestamp
from modelwright.client import Client
from modelwright.clock import ReplayClock
from modelwright.errors import NotFoundError, NotReleasedError, UsageError
from modelwright.store import local_path

MORE = """, DataStore("lake"),
    FeatureStore("features", store="lake", online=True, views=[
        FeatureView("patient", entity="patient", timestamp="hour", source=DataStore("lake") / "patients",
                    features={"visits": "int64"}, refresh="0 * * * *")]),
    Endpoint("scores", mode="batch", serves="risk@champion", source=DataStore("lake") / "new",
             to=DataStore("lake") / "scores", schedule="0 3 1 * *", timezone="Europe/Berlin", capture=1.0,
             guardrails=[Guardrail.range("value", -2, 2, action="fallback", to="risk:1")]),
    Monitor("scored", endpoint="scores", window="1d", min_rows=5, checks=[Quality(nulls=0.0)])"""
START = datetime(2026, 3, 28, 12, tzinfo=UTC)
FIRST = datetime(2026, 4, 1, 1, tzinfo=UTC)
"""Three o'clock in Berlin, where summer time has begun."""


@pytest.fixture
def clock(tmp_path: Path) -> ReplayClock:
    return ReplayClock(tmp_path / "clock", START)


@pytest.fixture
def client(tmp_path: Path, clock: ReplayClock) -> Iterator[Client]:
    """A project with a view and a batch endpoint, and rows for both."""
    file = write_project(tmp_path, more=MORE)
    with living(file, clock) as client:
        write(client, "new/rows", {"value": [0.1 * n for n in range(-30, 30)], "ward": ["w01"] * 60})
        visit(client, "first", START - timedelta(hours=2), 3)
        yield client


def write(client: Client, name: str, columns: dict[str, Any]) -> None:
    file = local_path(client.outputs()["lake"]["uri"]) / f"{name}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), file)


def visit(client: Client, name: str, at: datetime, visits: int) -> None:
    times = pa.array([at], pa.timestamp("us", tz="UTC"))
    write(client, f"patients/{name}", {"patient": ["p1"], "hour": times, "created_time": times, "visits": [visits]})


def scored(client: Client, folder: str) -> dict[str, list[Any]]:
    """Return all rows written under a folder of the lake."""
    parts = sorted((local_path(client.outputs()["lake"]["uri"]) / folder).glob("**/part-*.parquet"))
    table = pa.concat_tables([pq.ParquetFile(part).read() for part in parts])
    return table.to_pydict()  # type: ignore[no-any-return]  # pyarrow has no types


@pytest.mark.timeout(240)
def test_a_view_is_filled_at_once_and_then_by_its_schedule(client: Client, clock: ReplayClock) -> None:
    settle(client)
    assert client.online("patient", [{"patient": "p1"}, {"patient": "nobody"}])[1] is None
    (row,) = client.online("features.patient", [{"patient": "p1"}])
    assert row is not None
    assert row["visits"] == 3
    visit(client, "second", START, 4)
    clock.advance_to(START + timedelta(minutes=59))
    settle(client)
    assert [row and row["visits"] for row in client.online("patient", [{"patient": "p1"}])] == [3]
    clock.advance_to(START + timedelta(hours=1))
    settle(client)
    assert [row and row["visits"] for row in client.online("patient", [{"patient": "p1"}])] == [4]
    with pytest.raises(NotFoundError, match="did you mean 'patient'"):
        client.online("patiant", [])


def begin_and_die(client: Client, job: str) -> None:
    """Begin what is due as a client would that is killed before the job's process exists: only the note remains."""
    note = client.platform.store.get("schedules/features.patient.json")
    assert note is not None
    moment = timestamp(client.platform.now())
    begun = {**json.loads(note), "job": job, "now": moment, "done": False}
    client.platform.store.put("schedules/features.patient.json", json.dumps(begun).encode())


@pytest.mark.timeout(240)
def test_a_refresh_that_was_begun_and_lost_is_begun_again_and_not_for_ever(client: Client, clock: ReplayClock) -> None:
    settle(client)
    visit(client, "second", START, 4)
    clock.advance_to(START + timedelta(hours=1))
    begin_and_die(client, "refresh-begun")
    told = [step.text for step in client.tick() if step.stream == "schedule/features.patient"]
    assert told == ["refresh-begun was lost (nothing is left of it); started again"]
    settle(client)
    assert [row and row["visits"] for row in client.online("patient", [{"patient": "p1"}])] == [4]

    clock.advance_to(START + timedelta(hours=2))
    begin_and_die(client, "gone-begun")
    note = json.loads(client.platform.store.get("schedules/features.patient.json") or b"")
    tried = {**note, "job": "gone-begun-again3", "attempt": 3}
    client.platform.store.put("schedules/features.patient.json", json.dumps(tried).encode())
    (step,) = [step for step in client.tick() if step.stream == "schedule/features.patient"]
    assert step.failed
    assert step.text.startswith("gone-begun-again3 lost")
    clock.advance_to(START + timedelta(hours=3))
    settle(client)
    note = json.loads(client.platform.store.get("schedules/features.patient.json") or b"")
    assert note["done"], "its next time is a new beginning"
    assert note["attempt"] == 1


@pytest.mark.timeout(240)
def test_a_table_is_scored_when_its_time_comes_with_the_version_that_serves(client: Client, clock: ReplayClock) -> None:
    with pytest.raises(NotReleasedError) as early:
        client.predict_batch("scores")
    assert early.value.remedy == "modelwright train fit --promote"
    settle(client)
    assert client.status().resource("scores").state == "awaiting"
    first, second = fitted(client, {}, {"C": 0.01})
    client.promote(first).wait(timeout=60)
    client.promote(second).wait(timeout=60)
    assert client.status().resource("scores").state == "live"
    with pytest.raises(UsageError, match="scores in batches: nothing listens"):
        client.predict("scores", [{"value": 1.0, "ward": "w01"}])

    clock.advance_to(FIRST - timedelta(seconds=1))
    settle(client)
    assert not list((local_path(client.outputs()["lake"]["uri"]) / "scores").glob("**/part-*"))
    clock.advance_to(FIRST)
    settle(client)
    found = scored(client, "scores")
    assert len(found["row"]) == 60
    fallen = [place for place, flags in enumerate(found["flags"]) if "fallback" in str(flags)]
    assert fallen == [*range(10), *[place for place in range(60) if place > 50]]

    clock.advance_to(FIRST + timedelta(days=1, hours=1))
    settle(client)
    results = client.monitor("scored").report().results
    told = [(result.version, result.status, result.rows) for result in results if result.rows]
    assert told == [(2, "ok", 60)]

    by_hand = client.predict_batch("risk", source="lake/new", to="lake/by-hand")
    assert (by_hand.rows, by_hand.to_dict()["version"]) == (60, 2)
    earlier = client.predict_batch("risk:1", source=client.outputs()["lake"]["uri"] + "/new", to="lake/earlier")
    assert earlier.to_dict()["version"] == 1
    certain, timid = scored(client, "earlier")["probability"], scored(client, "by-hand")["probability"]
    assert max(certain) - min(certain) > max(timid) - min(timid), "less regularised, so more certain"
    clock.advance_to(clock.now() + timedelta(minutes=1))
    client.rollback("scores", reason="too timid").wait(timeout=60)
    assert client.predict_batch("scores").to_dict()["version"] == 1


def test_what_cannot_be_scored_is_refused_before_anything_starts(client: Client) -> None:
    with pytest.raises(UsageError, match="neither a batch endpoint nor a model"):
        client.predict_batch("skores")
    with pytest.raises(UsageError, match="takes source= and to="):
        client.predict_batch("risk")
    with pytest.raises(UsageError, match="declares its rows itself"):
        client.predict_batch("scores", source="lake/new")
    with pytest.raises(NotFoundError, match="risk@champion has no version"):
        client.predict_batch("risk", source="lake/new", to="lake/out")
    assert connect(client.workplace.place.folder / "project.py").status().resource("scores").state == "awaiting"
