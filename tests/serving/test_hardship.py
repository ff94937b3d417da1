"""Without the fast extra, with callers killed at any moment, and with clients that send much and slowly."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.serving.serving_kit import Endpoint, raw, serve_config, serving
from tests.waiting import eventually

from modelwright.adapters.local.driver import processes

BARE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"uvloop", "httptools", "pandas"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
"""


def test_without_uvloop_and_httptools_it_answers_without_waiting_for_acknowledgements(
    tmp_path: Path, tricky: str
) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/sitecustomize.py").write_text(BARE)
    with serving(tmp_path, serve_config(tricky), PYTHONPATH=str(tmp_path / "bare")) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        took = []
        for _ in range(30):
            started = time.perf_counter()
            connection.request("POST", "/predict", b'{"rows": [{"x": 1}]}', {"content-type": "application/json"})
            assert json.loads(connection.getresponse().read())["predictions"] == [{"prediction": 2.0}]
            took.append(time.perf_counter() - started)
        connection.close()
    assert sorted(took)[15] < 0.03  # with Nagle's algorithm on, each takes 40 ms


def test_a_server_with_a_plain_estimator_loads_no_pandas(tmp_path: Path) -> None:
    import numpy as np
    from sklearn.linear_model import LinearRegression
    from tests.serving.serving_kit import stored

    given = np.arange(10.0).reshape(-1, 1)
    model = stored(tmp_path / "models", LinearRegression().fit(given, given[:, 0]), sample=given[:2], names=["x"])
    with serving(tmp_path, serve_config(model)) as server:
        assert server.ask("/predict", {"rows": [{"x": 3.0}]}).predictions == pytest.approx([3.0])
        maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "sklearn" in maps
    assert "pandas" not in maps


DEPLOY = """
import json, sys
from pathlib import Path
from modelwright.adapters.local.driver.serving import LocalServing
from modelwright.contract.driver import Filled

state, body = Path(sys.argv[1]), json.loads(sys.argv[2])
serving = LocalServing(state)
print("begun", flush=True)
serving.deploy("api", "v1-r1", Filled("api/serve", "serve", "local.Serve", body))
serving.set_traffic("api", {"v1-r1": 100}, {})
serving.deploy("api", "v2-r1", Filled("api/serve", "serve", "local.Serve", body))
serving.set_traffic("api", {"v2-r1": 100}, {})
serving.retire("api", "v1-r1")
"""


def _marked(folder: Path) -> list[str]:
    """Return folder and name of every living process that was started for an endpoint, asked of the system itself."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            zombie = "Z" in (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        wanted = f"{processes.MARK}={folder}".encode()
        if not zombie:
            found += [variable.decode().partition("=")[2] for variable in environment if variable.startswith(wanted)]
    return sorted(found)


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.15, 0.6, 2.0])
def test_a_caller_killed_at_any_moment_leaves_what_the_same_calls_finish(
    endpoint: Endpoint, tricky: str, delay: float
) -> None:
    body = {"verb": "serve", "config": serve_config(tricky), "env": {}}
    argv = [sys.executable, "-c", DEPLOY, str(endpoint.state), json.dumps(body)]
    caller = subprocess.Popen(argv, stdout=subprocess.PIPE)
    assert caller.stdout is not None
    assert caller.stdout.readline() == b"begun\n"
    with contextlib.suppress(subprocess.TimeoutExpired):
        caller.wait(delay)  # any of its steps is a good one to be killed at
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    caller.stdout.close()
    done = subprocess.run(argv, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert endpoint.predict(2.0).predictions == [4.0]
    expected = sorted(str(endpoint.folder / name) for name in ("router", "v2-r1/server"))
    eventually(lambda: _marked(endpoint.folder) == expected)
    endpoint.driver.stop("api")
    assert _marked(endpoint.folder) == []


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def test_clients_that_send_much_and_slowly_neither_fill_memory_nor_stop_others(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky, limits={"body_timeout": 1.0})
    endpoint.traffic({"v1-r1": 100})
    endpoint.predict()
    router = processes.identity(endpoint.folder, "router")
    assert router is not None
    head = f"POST /predict HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {endpoint.token}\r\n".encode()
    slow = raw(endpoint.port, head + b"content-length: 100\r\n\r\n{")
    assert b" 408 " in slow.split(b"\r\n")[0]
    piece = b"x" * (7 << 20)
    sockets, answers, largest = [], [], 0
    try:
        for _ in range(50):  # 350 MB in all
            connection = socket.create_connection(("127.0.0.1", endpoint.port), timeout=5)
            sockets.append(connection)
            try:
                connection.sendall(head + b"content-length: 8000000\r\n\r\n" + piece)
            except OSError:
                answers.append(b"closed")
            largest = max(largest, _resident(router.pid))
        assert endpoint.predict(2.0).predictions == [4.0]
    finally:
        for connection in sockets:
            connection.close()
    assert largest < 450 << 20
    eventually(lambda: endpoint.predict(3.0).predictions == [6.0])
    assert processes.identity(endpoint.folder, "router") == router
