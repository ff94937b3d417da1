"""An endpoint from its first deployment to its end, with crashes, kills and restarts in between."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from tests.serving.serving_kit import Endpoint, ask, captured, tricky_model
from tests.waiting import eventually

from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.driver.measures import LocalMeasures
from modelwright.errors import NotFoundError, NotReleasedError, ProviderError


def test_before_the_first_release_it_says_so(endpoint: Endpoint, tricky: str) -> None:
    with pytest.raises(NotFoundError):
        endpoint.predict()
    endpoint.deploy("v1-r1", tricky, wait=False)
    answer = endpoint.predict()
    assert answer.status == 503
    assert "awaiting first release" in answer.json["error"]["message"]
    assert answer.headers["retry-after"]
    assert endpoint.driver.status("api").weights == {}
    endpoint.driver.stop("api")
    with pytest.raises(NotReleasedError):
        endpoint.predict()


def test_traffic_set_before_the_server_is_ready_waits_for_it(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky, wait=False)
    endpoint.traffic({"v1-r1": 100})
    assert endpoint.predict(4.0).predictions == [8.0]


def test_everything_twice_is_once(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    first = processes.identity(endpoint.folder / "v1-r1", "server")
    endpoint.deploy("v1-r1", tricky)
    assert processes.identity(endpoint.folder / "v1-r1", "server") == first
    endpoint.traffic({"v1-r1": 100})
    generation = json.loads((endpoint.folder / "routing.json").read_bytes())["generation"]
    endpoint.traffic({"v1-r1": 100})
    assert json.loads((endpoint.folder / "routing.json").read_bytes())["generation"] == generation
    endpoint.driver.retire("api", "v9-r9")
    endpoint.driver.stop("api")
    endpoint.driver.stop("api")


def test_a_model_that_was_changed_is_failed_with_the_reason_and_the_healthy_one_goes_on(
    endpoint: Endpoint, tricky: str, tmp_path: Path
) -> None:
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    broken = tricky_model(tmp_path / "broken", factor=3)
    source = next(Path(broken.removeprefix("file://")).glob("code/*.py"))
    source.write_text(source.read_text() + "# changed\n")
    endpoint.deploy("v2-r2", broken, wait=False)
    eventually(lambda: endpoint.state_of("v2-r2") == "failed")
    found = {item.name: item for item in endpoint.driver.status("api").deployments}
    assert "not what its digest says" in found["v2-r2"].reason
    assert found["v1-r1"].state == "ready"
    assert endpoint.predict(2.0).predictions == [4.0]
    endpoint.driver.retire("api", "v2-r2")
    assert endpoint.state_of("v2-r2") == "absent"


def test_a_server_that_dies_is_an_error_of_its_variant_and_comes_back(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    answer = endpoint.predict(666.0)
    assert answer.status == 502
    assert answer.headers["x-modelwright-variant"] == "v1-r1"
    assert "v1-r1 gave no answer" in answer.json["error"]["message"]
    assert endpoint.predict(2.0).predictions == [4.0]
    now = datetime.now(UTC)
    found = LocalMeasures(endpoint.state).read("api", now - timedelta(minutes=5), now + timedelta(minutes=1))
    assert (found["v1-r1"].requests, found["v1-r1"].errors) == (2, 1)


def _left(endpoint: Endpoint, process: processes.Identity) -> bool:
    return processes.identity(endpoint.folder / "v1-r1", "server") != process


def test_whoever_asks_while_a_killed_server_comes_back_waits_and_is_answered(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    assert endpoint.predict().status == 200
    for _ in range(2):
        found = processes.identity(endpoint.folder / "v1-r1", "server")
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        eventually(partial(_left, endpoint, found))
        assert endpoint.predict(1.0).predictions == [2.0]


def test_a_killed_router_keeps_measures_port_and_servers(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    for _ in range(7):
        endpoint.predict()
    now = datetime.now(UTC)
    span = (now - timedelta(minutes=5), now + timedelta(minutes=5))
    assert LocalMeasures(endpoint.state).read("api", *span)["v1-r1"].requests == 7
    port, server = endpoint.port, processes.identity(endpoint.folder / "v1-r1", "server")
    router = processes.identity(endpoint.folder, "router")
    assert router is not None
    os.kill(router.pid, signal.SIGKILL)
    eventually(lambda: not processes.alive(endpoint.folder, "router"))
    assert endpoint.driver.status("api").weights == {}
    assert LocalMeasures(endpoint.state).read("api", *span)["v1-r1"].requests == 7
    assert endpoint.predict(2.0).predictions == [4.0]
    assert endpoint.port == port
    assert processes.identity(endpoint.folder / "v1-r1", "server") == server
    assert LocalMeasures(endpoint.state).read("api", *span)["v1-r1"].requests == 8


def test_a_port_that_somebody_else_took_is_left_to_them(endpoint: Endpoint, tricky: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        endpoint.folder.mkdir(parents=True)
        document = {"host": "127.0.0.1", "port": taken, "token_file": str(endpoint.folder / "token")}
        (endpoint.folder / "address.json").write_text(json.dumps(document))
        endpoint.deploy("v1-r1", tricky)
        endpoint.traffic({"v1-r1": 100})
        assert endpoint.port != taken
        assert endpoint.predict(1.0).predictions == [2.0]
        assert endpoint.driver.status("api").url == f"http://127.0.0.1:{endpoint.port}"


def test_a_variant_with_traffic_cannot_be_retired(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    with pytest.raises(ProviderError, match="still has traffic"):
        endpoint.driver.retire("api", "v1-r1")


def test_stop_leaves_no_process_behind(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    endpoint.traffic({"v1-r1": 100})
    found = [processes.identity(endpoint.folder / "v1-r1", "server"), processes.identity(endpoint.folder, "router")]
    endpoint.driver.stop("api")
    for process in found:
        assert process is not None
        assert not Path(f"/proc/{process.pid}").exists() or "Z" in Path(f"/proc/{process.pid}/stat").read_text()
    assert endpoint.driver.status("api").deployments == ()


class Load:
    """Clients that ask without pause and note every answer."""

    def __init__(self, endpoint: Endpoint, clients: int = 4) -> None:
        self.endpoint = endpoint
        self.answers: list[tuple[int, str]] = []
        self.wrong: list[Any] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self) -> None:
        while not self._ended.is_set():
            try:
                answer = self.endpoint.predict(2.0)
            except Exception as error:  # noqa: BLE001 (any failure of a client is what this test looks for)
                self.wrong.append(error)
                continue
            self.answers.append((answer.status, answer.headers.get("x-modelwright-variant", "")))
            if answer.status != 200 or answer.predictions not in ([4.0], [6.0]):
                self.wrong.append((answer.status, answer.body))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def test_a_redeployment_under_load_loses_no_request_and_no_captured_row(
    endpoint: Endpoint, tricky: str, tmp_path: Path
) -> None:
    other = tricky_model(tmp_path / "other", factor=3)
    capture = {"to": (tmp_path / "control").as_uri(), "fraction": 1.0}
    endpoint.deploy("v1-r1", tricky, capture=capture)
    endpoint.traffic({"v1-r1": 100})
    with Load(endpoint) as load:
        for number in range(2, 5):
            old, new = f"v{number - 1}-r{number - 1}", f"v{number}-r{number}"
            endpoint.deploy(new, other if number % 2 == 0 else tricky, capture=capture)
            for share in (10, 50):
                endpoint.traffic({old: 100 - share, new: share})
            endpoint.traffic({new: 100})
            endpoint.driver.retire("api", old)
    assert load.wrong == []
    assert {variant for _, variant in load.answers} == {"v1-r1", "v2-r2", "v3-r3", "v4-r4"}
    endpoint.driver.stop("api")
    answered = Counter(variant for _, variant in load.answers)
    assert Counter(row["variant"] for row in captured(tmp_path / "control")) == answered


def test_overload_is_refused_with_retry_after(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky, limits={"queue": 4})
    endpoint.traffic({"v1-r1": 100})
    endpoint.predict(300.0)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: endpoint.predict(300.0), range(24)))
    assert {answer.status for answer in answers} == {200, 503}
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status == 503)
    assert endpoint.predict(1.0).status == 200


def test_an_idle_variant_rests_and_its_first_request_is_held_until_it_is_back(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky, limits={"idle_after": 0.5})
    endpoint.traffic({"v1-r1": 100})
    assert endpoint.predict(1.0).predictions == [2.0]
    eventually(lambda: not processes.alive(endpoint.folder / "v1-r1", "server"))
    assert endpoint.state_of("v1-r1") == "ready"
    assert endpoint.predict(2.0).predictions == [4.0]
    assert processes.alive(endpoint.folder / "v1-r1", "server")


def test_the_replay_clock_decides_in_which_minute_a_request_counts(
    tmp_path: Path, tricky: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelwright.clock import ReplayClock

    march = datetime(2013, 3, 4, 12, tzinfo=UTC)
    clock = ReplayClock(tmp_path / "clock", march)
    monkeypatch.setenv("MODELWRIGHT_CLOCK", str(clock.path))
    endpoint = Endpoint(tmp_path / "state")
    try:
        endpoint.deploy("v1-r1", tricky)
        endpoint.traffic({"v1-r1": 100})
        endpoint.predict()
        clock.advance_to(march + timedelta(days=1))
        endpoint.predict()
        endpoint.predict()
        measures = LocalMeasures(endpoint.state)
        assert measures.read("api", march, march + timedelta(hours=1))["v1-r1"].requests == 1
        next_day = march + timedelta(days=1)
        assert measures.read("api", next_day, next_day + timedelta(minutes=1))["v1-r1"].requests == 2
        assert measures.read("api", next_day + timedelta(minutes=1), next_day + timedelta(minutes=2)) == {}
    finally:
        endpoint.driver.stop("api")


def test_the_log_goes_on_from_an_offset(endpoint: Endpoint, tricky: str) -> None:
    endpoint.deploy("v1-r1", tricky)
    text, offset = endpoint.driver.logs("api")
    assert "serving api v1-r1" in text
    assert endpoint.driver.logs("api", offset) == ("", offset)


# -- processes -------------------------------------------------------------------------------------------------------

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_pid_that_belongs_to_somebody_else_now_is_neither_ours_nor_touched(tmp_path: Path) -> None:
    processes.spawn(SLEEP, folder=tmp_path, name="job", env=dict(os.environ), log=tmp_path / "log")
    assert processes.alive(tmp_path, "job")
    noted = json.loads((tmp_path / "job.pid.json").read_text())
    stranger = subprocess.Popen(SLEEP)
    try:
        earlier = str(int(noted["started"]) - 1)  # a reused pid's process started later than the one noted
        (tmp_path / "job.pid.json").write_text(json.dumps({**noted, "pid": stranger.pid, "started": earlier}))
        assert not processes.alive(tmp_path, "job")
        processes.stop(tmp_path, "job")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        os.kill(noted["pid"], signal.SIGKILL)


def test_a_process_whose_caller_died_before_noting_it_is_found(tmp_path: Path) -> None:
    processes.spawn(SLEEP, folder=tmp_path, name="job", env=dict(os.environ), log=tmp_path / "log")
    found = processes.identity(tmp_path, "job")
    (tmp_path / "job.pid.json").unlink()
    # A process shows its environment a moment after its program was started.
    eventually(lambda: processes.identity(tmp_path, "job") == found)
    processes.spawn(SLEEP, folder=tmp_path, name="job", env=dict(os.environ), log=tmp_path / "log")
    assert processes.identity(tmp_path, "job") == found
    processes.stop(tmp_path, "job")
    assert not processes.alive(tmp_path, "job")


def test_what_ignores_term_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal, time, sys; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    argv = [sys.executable, "-c", stubborn]
    processes.spawn(argv, folder=tmp_path, name="job", env=dict(os.environ), log=tmp_path / "log")
    eventually(lambda: "up" in (tmp_path / "log").read_text())
    processes.stop(tmp_path, "job", grace=0.2)
    assert not processes.alive(tmp_path, "job")


def test_secrets_of_the_callers_environment_do_not_reach_a_server(
    endpoint: Endpoint, tricky: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_HOOK", "canary-secret")
    endpoint.deploy("v1-r1", tricky, env={"GIVEN": "yes"})
    found = processes.identity(endpoint.folder / "v1-r1", "server")
    assert found is not None
    environment = Path(f"/proc/{found.pid}/environ").read_bytes()
    assert b"canary-secret" not in environment
    assert b"GIVEN=yes" in environment
    assert ask(endpoint.port, "/livez").status == 200
