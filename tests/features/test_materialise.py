from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from tests.features.planted import moments, view

from modelwright.errors import DataError, IntegrityError, NotFoundError
from modelwright.workload.materialise import run
from modelwright.workload.offline import OfflineFeatures
from modelwright.workload.online import SqliteOnline
from modelwright.workload.partitions import MANY, Partitions
from modelwright.workload.rows import Columns, read_rows, write_parquet


def rows(*given: tuple[str, str, str, float]) -> Columns:
    return {
        "carrier": np.array([key for key, _, _, _ in given], dtype=object),
        "hour": moments(*(event for _, event, _, _ in given)),
        "created_time": moments(*(created for _, _, created, _ in given)),
        "delay": np.array([delay for _, _, _, delay in given]),
        "flights": np.arange(len(given)),
    }


def config(root: Path, now: str, **changes: Any) -> dict[str, Any]:
    return {
        "schema": "modelwright.materialise/1",
        "view": view(root, **changes),
        "offline": root.as_uri(),
        "online": {"kind": "sqlite", "path": str(root / "online.sqlite")},
        "now": f"{now}T00:00:00Z",
    }


def offline(root: Path) -> list[tuple[str, float]]:
    every = [read_rows(str(file)) for file in root.glob("features/carrier/abcdef12/dt=*/*.parquet")]
    return sorted((key, delay) for one in every for key, delay in zip(one["carrier"], one["delay"], strict=True))


def online(root: Path, *carriers: str) -> list[float | None]:
    store = SqliteOnline(root / "online.sqlite", [view(root)])
    found = store.get("carrier", [{"carrier": carrier} for carrier in carriers])
    return [None if row is None else row.features["delay"] for row in found]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    given = [
        ("AA", "2013-01-01", "2013-01-01", 1.0),
        ("AA", "2013-01-02", "2013-01-05", 2.0),
        ("UA", "2013-01-02", "2013-01-02", 3.0),
    ]
    write_parquet(tmp_path / "features/carrier/january.parquet", rows(*given))
    return tmp_path


def test_only_rows_that_were_known_are_taken(source: Path) -> None:
    assert run(config(source, "2013-01-02")) == 0
    assert offline(source) == [("AA", 1.0), ("UA", 3.0)]
    assert online(source, "AA", "UA", "DL") == [1.0, 3.0, None]
    days = {file.parent.name for file in source.glob("features/carrier/abcdef12/dt=*/*.parquet")}
    assert days == {"dt=2013-01-01", "dt=2013-01-02"}


def test_a_later_run_takes_the_rest_and_twice_is_harmless(source: Path) -> None:
    for now in ("2013-01-02", "2013-01-06", "2013-01-06", "2013-01-03"):
        run(config(source, now))
    assert offline(source) == [("AA", 1.0), ("AA", 2.0), ("UA", 3.0)]
    assert online(source, "AA", "UA") == [2.0, 3.0]


def test_what_was_done_is_printed(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(config(source, "2013-01-02"))
    done = json.loads(capsys.readouterr().out)
    assert done == {"view": "carrier", "rows": 2, "online": 2, "until": "2013-01-02T00:00:00.000000Z"}


def test_a_late_row_of_an_old_day_is_taken(source: Path) -> None:
    run(config(source, "2013-01-06"))
    late = rows(("UA", "2013-01-01", "2013-01-07", 9.0))
    write_parquet(source / "features/carrier/late.parquet", late)
    run(config(source, "2013-01-08"))
    assert ("UA", 9.0) in offline(source)
    assert online(source, "UA") == [3.0]


def test_rows_written_behind_the_watermark_are_found(source: Path) -> None:
    run(config(source, "2013-01-06"))
    behind = rows(("UA", "2013-01-03", "2013-01-03", 8.0))
    write_parquet(source / "features/carrier/behind.parquet", behind)
    run(config(source, "2013-01-06"))
    assert offline(source) == [("AA", 1.0), ("AA", 2.0), ("UA", 3.0), ("UA", 8.0)]
    assert online(source, "UA") == [8.0]


def test_a_lost_online_file_is_filled_from_the_partitions(source: Path) -> None:
    run(config(source, "2013-01-06"))
    for file in source.glob("online.sqlite*"):
        file.unlink()
    (source / "features/carrier/january.parquet").rename(source / "january.parquet")
    write_parquet(source / "features/carrier/empty.parquet", rows(("AA", "2013-01-01", "2013-01-01", 1.0)))
    run(config(source, "2013-01-06"))
    assert online(source, "AA", "UA") == [2.0, 3.0]


def test_a_view_that_is_not_online_writes_no_online_file(source: Path) -> None:
    run(config(source, "2013-01-06", online=False))
    assert not (source / "online.sqlite").exists()


WRITER = """
import json, sys
from modelwright.workload.materialise import run
for now in json.loads(sys.argv[2]):
    run({**json.loads(sys.argv[1]), "now": now})
    print(now, flush=True)
"""


def test_a_killed_run_is_finished_by_the_next_one(tmp_path: Path) -> None:
    days = np.arange("2013-01-01", "2013-01-13", dtype="datetime64[D]").astype(str).tolist()
    given = [(key, day, day, float(n)) for n, day in enumerate(days) for key in ("AA", "UA", "DL")]
    write_parquet(tmp_path / "features/carrier/all.parquet", rows(*given))
    expected = sorted((key, delay) for key, _, _, delay in given)
    every = json.dumps([f"{day}T00:00:00Z" for day in days])
    for attempt in range(4):
        command = [sys.executable, "-c", WRITER, json.dumps(config(tmp_path, days[0])), every]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            for _ in range(attempt * 2 + 1):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
    run(config(tmp_path, "2013-02-01"))
    assert offline(tmp_path) == expected
    assert online(tmp_path, "AA", "UA", "DL") == [11.0] * 3


KILLED = """
import json, os, signal, sys
from modelwright.workload.materialise import run
left = int(sys.argv[2])
def count(event, arguments):
    global left
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
    if writes or event in ("os.rename", "os.mkdir", "os.remove", "sqlite3.connect"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
run(json.loads(sys.argv[1]))
"""


@pytest.mark.parametrize("step", [1, 3, 5, 6, 7, 8, 10, 12])
def test_a_kill_at_any_step_loses_and_repeats_nothing(source: Path, step: int) -> None:
    run(config(source, "2013-01-01"))
    command = [sys.executable, "-c", KILLED, json.dumps(config(source, "2013-01-06")), str(step)]
    killed = subprocess.run(command, capture_output=True, check=False)
    assert killed.returncode in {0, -signal.SIGKILL}
    run(config(source, "2013-01-06"))
    assert offline(source) == [("AA", 1.0), ("AA", 2.0), ("UA", 3.0)]
    assert online(source, "AA", "UA") == [2.0, 3.0]
    assert not list(source.glob("features/carrier/abcdef12/_staging-*"))


def test_many_small_files_of_a_past_day_become_one(tmp_path: Path) -> None:
    hours = np.arange("2013-01-01", "2013-01-02", dtype="datetime64[h]").astype(str).tolist()
    given = [(key, hour, hour, float(n)) for n, hour in enumerate(hours) for key in ("AA", "UA")]
    write_parquet(tmp_path / "features/carrier/all.parquet", rows(*given))
    day = tmp_path / "features/carrier/abcdef12/dt=2013-01-01"
    for hour in hours:
        run({**config(tmp_path, "2013-01-01"), "now": f"{hour}:00:00Z"})
    assert len(list(day.glob("*.parquet"))) == 24
    copy = day / "000001-9.parquet"
    copy.write_bytes((day / "000001-0.parquet").read_bytes())
    run(config(tmp_path, "2013-01-03"))
    assert [path.name for path in day.glob("*.parquet")] == ["000024-all.parquet"]
    assert offline(tmp_path) == sorted((key, delay) for key, _, _, delay in given)
    late = rows(("AA", "2013-01-01T23:30:00", "2013-01-04", 99.0))
    write_parquet(tmp_path / "features/carrier/late.parquet", late)
    run(config(tmp_path, "2013-01-05"))
    assert ("AA", 99.0) in offline(tmp_path)
    assert online(tmp_path, "AA", "UA") == [99.0, 23.0]


def test_a_join_never_fails_or_goes_back_while_rows_are_materialised_and_merged(tmp_path: Path) -> None:
    hours = np.arange("2013-01-01", "2013-01-04", dtype="datetime64[h]").astype(str).tolist()
    given = [("AA", hour, hour, float(n)) for n, hour in enumerate(hours)]
    write_parquet(tmp_path / "features/carrier/all.parquet", rows(*given))
    moments_of_runs = json.dumps([f"{hour}:00:00Z" for hour in hours])
    command = [sys.executable, "-c", WRITER, json.dumps(config(tmp_path, "2013-01-01")), moments_of_runs]
    frame = {"carrier": np.array(["AA"]), "at": moments("2013-01-05")}
    features = OfflineFeatures(tmp_path.as_uri(), [view(tmp_path)])
    seen = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as writer:
        while writer.poll() is None:
            seen.append(float(features.join(frame, on="carrier", at="at")[0]["delay"][0]))
    known = [delay for delay in seen if not np.isnan(delay)]
    assert writer.returncode == 0
    assert known == sorted(known)
    assert features.join(frame, on="carrier", at="at")[0]["delay"].tolist() == [71.0]
    assert len(list(tmp_path.glob("features/carrier/abcdef12/dt=2013-01-01/*.parquet"))) == 1


def test_a_join_comes_through_while_day_after_day_is_merged(tmp_path: Path) -> None:
    days = np.arange("2013-01-01", "2013-02-10", dtype="datetime64[D]").astype(str).tolist()
    write_parquet(
        tmp_path / "features/carrier/all.parquet", rows(*(("AA", d, d, float(n)) for n, d in enumerate(days)))
    )
    run(config(tmp_path, "2013-02-10"))
    partitions = Partitions(tmp_path / "features/carrier/abcdef12")
    for file in partitions.files():
        for batch in range(2, MANY + 1):
            os.link(file, file.with_name(f"{batch:06d}-0.parquet"))
    partitions.save(replace(partitions.state(), batch=MANY))
    command = [sys.executable, "-c", WRITER, json.dumps(config(tmp_path, "2013-02-10")), '["2013-02-12T00:00:00Z"]']
    frame = {"carrier": np.array(["AA"] * len(days)), "at": moments(*days)}
    features = OfflineFeatures(tmp_path.as_uri(), [view(tmp_path)])
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as writer:
        while writer.poll() is None:
            assert features.join(frame, on="carrier", at="at")[0]["delay"].tolist() == list(range(len(days)))
    assert writer.returncode == 0
    assert len(partitions.files()) == len(days)


def test_partitions_of_an_older_schema_are_no_source(source: Path) -> None:
    run(config(source, "2013-01-06"))
    run(config(source, "2013-01-06", schema="00000002"))
    old, new = (read_rows((source / f"features/carrier/{schema}").as_uri()) for schema in ("abcdef12", "00000002"))
    assert sorted(old["delay"]) == sorted(new["delay"]) == [1.0, 2.0, 3.0]


def test_two_runs_at_once_do_the_work_once(source: Path) -> None:
    command = [sys.executable, "-c", WRITER, json.dumps(config(source, "2013-01-06")), '["2013-01-06T00:00:00Z"]']
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    rows = sorted(json.loads(process.communicate()[0].splitlines()[0])["rows"] for process in both)
    assert rows == [0, 3]
    assert offline(source) == [("AA", 1.0), ("AA", 2.0), ("UA", 3.0)]


def test_files_of_a_batch_that_was_never_committed_are_replaced(source: Path) -> None:
    run(config(source, "2013-01-02"))
    stray = source / "features/carrier/abcdef12/dt=2013-01-02/000002-7.parquet"
    write_parquet(stray, rows(("XX", "2013-01-02", "2013-01-05", 0.0)))
    run(config(source, "2013-01-06"))
    assert offline(source) == [("AA", 1.0), ("AA", 2.0), ("UA", 3.0)]


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("'AA' AS carrier, TIMESTAMP '2013-01-01' AS hour", "'hour' is a TIMESTAMP without a time zone"),
        ("'AA' AS carrier, 'x' AS hour", "'hour' is VARCHAR, not a time"),
        ("1.5::DOUBLE AS carrier, TIMESTAMPTZ '2013-01-01' AS hour", "key 'carrier' is DOUBLE"),
        ("'AA' AS carrier, TIMESTAMPTZ '2013-01-01' AS hour, 'x' AS delay", "'delay' is VARCHAR, declared as float64"),
        ("'AA' AS carrier, TIMESTAMPTZ '2013-01-01' AS when_", "no column 'hour'"),
        ("NULL::VARCHAR AS carrier, TIMESTAMPTZ '2013-01-01' AS hour", "1 without 'carrier'"),
    ],
)
def test_unusable_sources_are_refused_and_nothing_is_written(tmp_path: Path, select: str, message: str) -> None:
    target = tmp_path / "features/carrier/a.parquet"
    target.parent.mkdir(parents=True)
    delay = "" if "delay" in select else ", 1.0::DOUBLE AS delay"
    duckdb.connect().execute(
        f"COPY (SELECT {select}{delay}, 1::BIGINT AS flights, TIMESTAMPTZ '2013-01-01' AS created_time) TO '{target}'"
    )
    with pytest.raises(DataError, match=message):
        run(config(tmp_path, "2013-01-06"))
    assert offline(tmp_path) == []
    assert not (tmp_path / "online.sqlite").exists()


def test_an_empty_source_says_who_writes_it(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="project's own code writes Parquet files there"):
        run(config(tmp_path, "2013-01-06"))


def test_a_state_that_cannot_be_read_is_named(source: Path) -> None:
    run(config(source, "2013-01-02"))
    (source / "features/carrier/abcdef12/_state.json").write_text("{")
    with pytest.raises(IntegrityError, match="state of a feature view cannot be read"):
        run(config(source, "2013-01-06"))


def test_times_keep_their_microseconds(tmp_path: Path) -> None:
    exact = "2013-01-01T05:59:59.999999"
    write_parquet(tmp_path / "features/carrier/a.parquet", rows(("AA", exact, exact, 1.0)))
    run(config(tmp_path, "2013-01-06"))
    store = SqliteOnline(tmp_path / "online.sqlite", [view(tmp_path)])
    assert store.freshness("carrier") == datetime(2013, 1, 1, 5, 59, 59, 999999, tzinfo=UTC)
