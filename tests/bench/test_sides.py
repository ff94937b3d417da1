"""Our sides of the benchmarks do what they say: at a small size, every answer is checked against one computed here."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from bench import declared, load
from bench.load import Target
from bench.process import ROOT, Ran, SideFailedError, run, side

PYTHON = Path(sys.executable)


def test_what_a_process_says_and_uses_is_measured_from_outside() -> None:
    code = "import json; x = bytearray(b'1') * 200_000_000; print('noise'); print(json.dumps({'a': 1}))"
    # From a small process, as benchmarks are: the system counts what the caller shared until the program was loaded.
    caller = f"from bench.process import run; import sys; ran = run([sys.executable, '-c', {code!r}]); print(repr(ran))"
    told = subprocess.run([sys.executable, "-c", caller], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ran = eval(told, {"Ran": Ran})
    assert ran.said == {"a": 1}
    assert 190 < ran.peak < 500
    assert ran.cpu > 0


def test_a_side_that_fails_is_no_measurement() -> None:
    with pytest.raises(SideFailedError, match="the reason"):
        run([sys.executable, "-c", "raise SystemExit('the reason')"])


def test_the_join_keeps_every_row_and_answers_as_pandas_does(tmp_path: Path) -> None:
    side(PYTHON, "join_data.py", folder=str(tmp_path), features=20_000, entities=3_000)
    said = side(PYTHON, "join_modelwright.py", folder=str(tmp_path)).said
    entities = pd.read_parquet(tmp_path / "entities.parquet").sort_values("event_timestamp")
    features = pd.read_parquet(tmp_path / "features.parquet").sort_values("event_time")
    joined = pd.merge_asof(
        entities, features, left_on="event_timestamp", right_on="event_time", by="key", tolerance=pd.Timedelta(days=30)
    )
    assert said["rows"] == 3_000
    assert said["matched"] == joined["f0"].notna().sum()
    assert 0 < said["matched"] < 3_000, "some rows have no answer, or the count of kept rows proves nothing"
    assert entities.duplicated(["key", "event_timestamp"]).any(), "some rows are equal, or Feast's loss is not tested"


def test_the_online_side_reads_what_was_planted(tmp_path: Path) -> None:
    import random

    side(PYTHON, "online_data.py", folder=str(tmp_path), keys=500)
    said = side(PYTHON, "online_modelwright.py", folder=str(tmp_path), keys=500, reads=200, fill=True).said
    frame = pd.read_parquet(tmp_path / "online.parquet").set_index("key")
    chosen = random.Random(7)
    keys = [chosen.randrange(500) for _ in range(200)]
    assert said["sum"] == pytest.approx(frame.loc[keys, [f"f{n}" for n in range(10)]].to_numpy().sum())


def test_the_drift_side_names_the_shifted_columns_and_no_other(tmp_path: Path) -> None:
    planted = side(PYTHON, "drift_data.py", folder=str(tmp_path), rows=5_000).said["shifted"]
    said = side(PYTHON, "drift_modelwright.py", folder=str(tmp_path)).said
    assert said["drifted"] == sorted(planted)
    assert said["columns"] == 60


def test_a_stream_of_so_many_events_is_read_whole(tmp_path: Path) -> None:
    side(PYTHON, "stream_fill.py", folder=str(tmp_path), events=30)
    assert side(PYTHON, "stream_fill.py", folder=str(tmp_path), events=60).said["appended"] == 30
    said = side(PYTHON, "stream_read.py", folder=str(tmp_path)).said
    assert (said["events"], said["succeeded"]) == (60, 20)


def test_generated_projects_are_valid_and_as_large_as_they_say(tmp_path: Path) -> None:
    from modelwright import connect

    declared.stores(tmp_path / "stores", 7)
    declared.mixed(tmp_path / "mixed", 10)
    assert len(connect(tmp_path / "stores" / "project.py").assembly.desired) == 7
    assert len(connect(tmp_path / "mixed" / "project.py").assembly.desired) == 10


def test_the_load_generator_counts_what_is_answered_and_what_is_not() -> None:
    found, asked = asyncio.run(_loaded())
    assert found["failed"] == sum(number % 5 == 0 for number in range(1, asked + 1)), "every fifth is a 503"
    assert found["rate"] > 0
    assert 0 < found["p50"] <= found["p99"]


async def _loaded() -> tuple[dict[str, float], int]:
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))[15:])
                await reader.readexactly(length)
                asked += 1
                status = b"503 Service Unavailable" if asked % 5 == 0 else b"200 OK"
                writer.write(b"HTTP/1.1 %s\r\ncontent-length: 2\r\n\r\n{}" % status)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    target = Target(server.sockets[0].getsockname()[1], "/predict", {"rows": [1]}, {}, float)
    request = load._request(target).decode()
    given = {"port": target.port, "request": request, "connections": 3, "seconds": 0.3}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", json.dumps(given), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    server.close()
    return json.loads(said), asked


def test_the_generator_reads_what_wrk_prints() -> None:
    text = """Running 2s test @ http://127.0.0.1:1/predict
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     6.05ms    1.00ms  13.37ms   82.50%
  Latency Distribution
     50%  850.00us
     75%    7.00ms
     90%    9.00ms
     99%    1.25s
  100 requests in 2.00s, 1.00MB read
  Socket errors: connect 0, read 1, write 0, timeout 2
  Non-2xx or 3xx responses: 4
Requests/sec:   2535.93
"""
    assert load._read_wrk(text) == load.Load(rate=2535.93, p50=0.85, p99=1250.0, failed=7)
