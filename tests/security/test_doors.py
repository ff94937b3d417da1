"""What listens, listens on loopback only, asks for its token and its name, and tells no other site's page anything."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.serving.serving_kit import Endpoint, ask, raw, tricky_model

from modelwright.adapters.local.driver import processes

LISTENING = "0A"  # linux/net/tcp_states.h
TABLES = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6")
PLACES = {"router": "", "server": "v1-r1"}


@dataclass(frozen=True)
class Door:
    name: str
    port: int
    token: str
    pid: int


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    folder = tmp_path_factory.mktemp("doors")
    endpoint = Endpoint(folder / "state")
    endpoint.deploy("v1-r1", tricky_model(folder / "models"))
    endpoint.traffic({"v1-r1": 100})
    assert endpoint.predict(2.0).predictions == [4.0]
    ports = {
        "router": endpoint.port,
        "server": json.loads((endpoint.folder / "v1-r1/ready.json").read_bytes())["port"],
    }
    found = {}
    for name, place in PLACES.items():
        process = processes.identity(endpoint.folder / place, name)
        assert process is not None
        found[name] = Door(name, ports[name], endpoint.token, process.pid)
    yield found
    endpoint.driver.stop("api")


@pytest.fixture(params=["router", "server"])
def door(request: pytest.FixtureRequest, doors: dict[str, Door]) -> Door:
    return doors[request.param]


def sockets(pid: int) -> list[tuple[str, str, str]]:
    """Return table, local address and state of every internet socket that a process holds, as the system says."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one by which this very folder was read
            target = str(link.readlink())
        if target.startswith("socket:["):
            held.add(target[8:-1])
    found = []
    for table in TABLES:
        path = Path(f"/proc/{pid}/net/{table}")
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            fields = line.split()
            if fields[9] in held:
                found.append((table, fields[1], fields[3]))
    return found


def test_every_socket_is_tcp_on_loopback_and_one_of_each_process_listens(door: Door) -> None:
    held = sockets(door.pid)
    assert [(table, address) for table, address, state in held if state == LISTENING] == [
        ("tcp", f"0100007F:{door.port:04X}")
    ]
    assert {(table, address.partition(":")[0]) for table, address, _ in held} == {("tcp", "0100007F")}


def test_the_search_for_sockets_finds_one_that_is_open_to_all() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert ("tcp", f"00000000:{server.getsockname()[1]:04X}", LISTENING) in sockets(os.getpid())


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost@evil.example",
        "0.0.0.0",
        "169.254.169.254",
        "127.0.0.2",
        "[::1].evil.example",
        "[evil.example]",
        "",
        "xn--lcalhost-58a",
    ],
)
def test_a_page_that_renamed_its_own_host_is_refused_even_with_the_token(door: Door, host: str) -> None:
    request = f"GET /v2 HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {door.token}\r\n\r\n"
    assert raw(door.port, request.encode()).split()[1] in {b"421", b"400"}


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "file://", "http://localhost.evil.example", "http://["]
)
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_other_sites_get_neither_an_answer_nor_a_header_that_lets_them_read_one(
    door: Door, method: str, origin: str
) -> None:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    for headers in (asked, {**asked, "authorization": f"Bearer {door.token}"}):
        answer = ask(door.port, "/predict", b'{"rows":[{"x":1}]}', method=method, headers=headers)
        assert answer.status in {401, 403, 405}
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert b"predictions" not in answer.body


@pytest.mark.parametrize("change", [str.upper, lambda t: t[:-1], lambda t: t + "0", lambda t: f"{t} {t}"])
def test_only_the_whole_token_opens(door: Door, change: object) -> None:
    assert callable(change)
    for value in (f"Bearer {change(door.token)}", f"Basic {door.token}", door.token, "Bearer"):
        answer = ask(door.port, "/predict", {"rows": [{"x": 1}]}, headers={"authorization": value})
        assert answer.status == 401
        assert door.token[:8] not in answer.body.decode() + str(answer.headers)
    good = ask(door.port, "/predict", {"rows": [{"x": 1}]}, headers={"authorization": f"bearer {door.token}"})
    assert good.predictions == [2.0]


def test_the_token_is_compared_in_constant_time() -> None:
    """No measurement decides this on a busy machine: both places that compare use the one function made for it."""
    from modelwright.adapters.local.router import gate
    from modelwright.workload.serve import access

    for module in (gate, access):
        assert module.__file__ is not None
        lines = [line for line in Path(module.__file__).read_text().splitlines() if ".token" in line and "(" in line]
        compared = [line for line in lines if "given" in line]
        assert compared
        assert all("hmac.compare_digest(given.strip(), self.token)" in line for line in compared)
