"""Requests that mean harm, at the endpoint's address and at the server's own: refused, in bounded memory, survived."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from tests.serving.serving_kit import Answer, Endpoint, ask, complete, raw
from tests.waiting import eventually

from modelwright.adapters.local.driver import processes

pytestmark = pytest.mark.xdist_group("abuse")  # one worker: the same processes are abused

BODY_BYTES = 1 << 20
GROWTH = 150 << 20
"""Bytes that router or server may grow by: what is sent in any one test here, or unpacks from it, is far more."""


@dataclass
class Door:
    """One of the two addresses behind which the same model answers."""

    name: str
    port: int
    token: str
    pids: dict[str, int]

    def head(self, *lines: str, start: str = "POST /predict HTTP/1.1") -> bytes:
        given = [start, "host: localhost", f"authorization: Bearer {self.token}", "content-type: application/json"]
        return "\r\n".join([*given, *lines, "", ""]).encode()

    def send(self, body: bytes, *lines: str) -> Answer:
        """Send one request, whatever part of it the other side takes, and return the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
                connection.sendall(self.head(*lines, f"content-length: {len(body)}") + body)
            return answer_of(connection)

    def predict(self, x: float = 1.0) -> Answer:
        headers = {"authorization": f"Bearer {self.token}"}
        return ask(self.port, "/predict", {"rows": [{"x": x}]}, headers=headers)


def answer_of(connection: socket.socket) -> Answer:
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while not complete(found) and (part := connection.recv(65_536)):
            found += part
    head, _, body = found.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return Answer(int(lines[0].split()[1]), headers, body)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory, tricky: str) -> Iterator[dict[str, Door]]:
    endpoint = Endpoint(tmp_path_factory.mktemp("abuse") / "state")
    endpoint.deploy("v1-r1", tricky, limits={"body_bytes": BODY_BYTES, "body_timeout": 2.0})
    endpoint.traffic({"v1-r1": 100})
    assert endpoint.predict(2.0).predictions == [4.0]
    found = {"router": endpoint.folder, "server": endpoint.folder / "v1-r1"}
    pids = {name: identity.pid for name, folder in found.items() if (identity := processes.identity(folder, name))}
    server = json.loads((endpoint.folder / "v1-r1/ready.json").read_bytes())["port"]
    ports = {"router": endpoint.port, "server": server}
    yield {name: Door(name, port, endpoint.token, pids) for name, port in ports.items()}
    assert {name: processes.identity(folder, name) for name, folder in found.items()}.keys() == pids.keys()
    endpoint.driver.stop("api")


@pytest.fixture(params=["router", "server"])
def door(request: pytest.FixtureRequest, doors: dict[str, Door]) -> Iterator[Door]:
    """A door, watched from outside: what goes through it makes no process grow, and a normal request is answered."""
    found = doors[request.param]
    with Watch(found.pids) as watch:
        yield found
        answer = eventually(lambda: found.predict(21.0), within=60)
        assert answer.predictions == [42.0]
    assert not watch.gone, "a process did not survive"
    for name in found.pids:
        assert watch.grown(name) < GROWTH, f"{name} grew by {watch.grown(name) >> 20} MiB"


class Watch(threading.Thread):
    """Samples the resident memory of processes, as the system counts it, every 20 ms."""

    def __init__(self, pids: dict[str, int]) -> None:
        super().__init__(daemon=True)
        self._pids = pids
        self._over = threading.Event()
        self.gone = False
        self._first = {name: self._resident(pid) for name, pid in pids.items()}
        self._most = dict(self._first)

    def _resident(self, pid: int) -> int:
        try:
            return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            self.gone = True
            return 0

    def run(self) -> None:
        while not self._over.wait(0.02):
            for name, pid in self._pids.items():
                self._most[name] = max(self._most[name], self._resident(pid))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def grown(self, name: str) -> int:
        return self._most[name] - self._first[name]


# -- bodies ----------------------------------------------------------------------------------------------------------


def test_a_huge_body_is_413_before_it_is_read(door: Door) -> None:
    assert door.send(bytes(200 << 20)).status == 413


def test_an_endless_chunked_body_is_413(door: Door) -> None:
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as connection:
        connection.sendall(door.head("transfer-encoding: chunked"))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(3_000):  # 200 MB, if anybody took them
                connection.sendall(piece)
        with contextlib.suppress(IndexError):  # a reset may overtake the answer; what counts is that it ended
            assert answer_of(connection).status == 413


BOMB = gzip.compress(bytes(300 << 20))


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("gzip", BOMB, 413),
        ("gzip", gzip.compress(BOMB), 400),
        ("gzip", gzip.compress(b"{}") + BOMB, 400),
        ("gzip, gzip", gzip.compress(BOMB), 415),
        ("deflate", zlib.compress(bytes(300 << 20)), 415),
        ("zstd", b"\x28\xb5\x2f\xfd" + BOMB, 415),
        ("br", BOMB, 415),
        ("x-unknown", b"{}", 415),
    ],
    ids=["bomb", "bomb in gzip", "second member", "twice", "deflate", "zstd", "br", "unknown"],
)
def test_a_compressed_bomb_is_refused_unpacked_no_further_than_the_limit(
    door: Door, coding: str, body: bytes, status: int
) -> None:
    assert door.send(body, f"content-encoding: {coding}").status == status


def rows(item: bytes) -> bytes:
    count = (BODY_BYTES - 20) // (len(item) + 1)
    return b'{"rows":[' + b",".join([item] * count) + b"]}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 1_000_000, 400),
        (b'{"rows":' * 100_000, 400),
        (b'{"rows":[{"x":' + b"[" * 400_000 + b"]" * 400_000 + b"}]}", 400),
        (rows(b"{}"), 413),
        (rows(b"[]"), 400),
        (rows(b'{"y":0}'), 413),
        (rows(b'{"x":1}'), 413),
        (b'{"rows":[' + b",".join([b'{"y":0,"z":null}'] * 50_000) + b"]}", 400),
        (b'{"rows":[{' + b",".join(b'"k%d":1' % n for n in range(80_000)) + b"}]}", 400),
        (b'{"rows":[{"x":1' + b"0" * 900_000 + b"}]}", 400),
        (b'{"rows":[{"x":1e' + b"9" * 900_000 + b"}]}", 400),
        (b'{"rows":[{"x":1e999}]}', 400),
        (b'{"rows":[{"x":-1e999}]}', 400),
        (b'{"rows":[{"x":NaN}]}', 400),
        (b'{"rows":[{"x":Infinity}]}', 400),
        (b'{"rows":[{"x":"' + b"9" * 900_000 + b'"}]}', 400),
        (b'{"rows":[{"x":"\xff\xfe"}]}', 400),
        (b'\xef\xbb\xbf{"rows":[{"x":1}]}', 400),
        (b'{"rows":[{"x":"\\ud800"}]}', 400),
        (b'{"rows":[{"x\\u0000":1}]}', 400),
        (b'{"rows":[{"x":1}]}{"rows":[]}', 400),
        (b'{"rows":{"x":1}}', 400),
        (b"\x00" * 1_000, 400),
    ],
)
def test_json_that_means_harm_is_refused_with_a_reason_of_bounded_size(door: Door, body: bytes, status: int) -> None:
    answer = door.send(body)
    assert answer.status == status
    assert answer.json["error"]["message"]
    assert len(answer.body) < 40_000


def test_a_key_given_twice_is_read_as_json_readers_do_and_never_two_ways(door: Door) -> None:
    assert door.send(b'{"rows":[{"x":1,"x":5}]}').predictions == [10.0]


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-python-pickle", ""])
def test_content_of_another_type_is_415(door: Door, kind: str) -> None:
    head = door.head("content-length: 18").replace(b"application/json", kind.encode())
    assert raw(door.port, head + b'{"rows":[{"x":1}]}').split()[1] == b"415"


def test_many_bodies_at_once_are_held_up_to_a_bound_and_then_503(door: Door) -> None:
    connections = [socket.create_connection(("127.0.0.1", door.port), timeout=60) for _ in range(100)]
    try:
        for connection in connections:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(door.head(f"content-length: {BODY_BYTES}") + bytes(900_000))
        answers = [answer_of(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()
    assert {answer.status for answer in answers} <= {408, 503}
    refused = [answer for answer in answers if answer.status == 503]
    assert all(answer.headers["retry-after"] == "1" for answer in refused)
    if door.name == "server":  # which bears 64 MiB; the router bears 256
        assert refused


# -- headers and time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        [f"x-{number}: 1" for number in range(10_000)],
        ["x-long: " + "y" * 1_000_000],
        ["x" * 1_000_000 + ": 1"],
        ["cookie: " + "a=b; " * 20_000],
    ],
    ids=["10,000", "a long value", "a long name", "cookies"],
)
def test_headers_out_of_proportion_are_431(door: Door, lines: list[str]) -> None:
    assert door.send(b"{}", *lines).status in {431, 400}  # h11, where httptools is missing, says 400


@pytest.mark.parametrize("length", [10_000, 2_000_000])
def test_a_long_address_is_refused(door: Door, length: int) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(door.head(start=f"GET /{'a' * length} HTTP/1.1"))
        assert answer_of(connection).status in {400, 404, 414, 431}


def test_whoever_sends_head_or_body_by_drops_is_408_and_stops_nobody(door: Door) -> None:
    starts = [b"POST /predict HT", door.head("x-a: 1")[:-2], door.head("content-length: 50") + b'{"rows"']
    starts += [door.head("transfer-encoding: chunked") + b"5\r\n{"]
    connections = [socket.create_connection(("127.0.0.1", door.port), timeout=60) for _ in range(40)]
    try:
        for number, connection in enumerate(connections):
            connection.sendall(starts[number % len(starts)])
        assert door.predict(3.0).predictions == [6.0]
        assert {answer_of(connection).status for connection in connections} == {408}
    finally:
        for connection in connections:
            connection.close()


def test_a_second_head_on_a_kept_connection_has_no_more_time_than_the_first(door: Door) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as connection:
        connection.sendall(door.head("content-length: 18") + b'{"rows":[{"x":1}]}')
        assert answer_of(connection).predictions == [2.0]
        connection.sendall(b"POST /predict HT")
        assert answer_of(connection).status == 408


def test_thousands_of_idle_connections_keep_nobody_out(door: Door) -> None:
    limit = 2_000
    connections = [socket.create_connection(("127.0.0.1", door.port), timeout=60) for _ in range(limit)]
    try:
        for connection in connections[:500]:
            connection.shutdown(socket.SHUT_WR)  # half closed: it says that nothing more comes
        for connection in connections[500:1000]:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()  # a reset
        assert door.predict(4.0).predictions == [8.0]
    finally:
        for connection in connections:
            connection.close()


def test_a_half_closed_request_is_answered_or_dropped_and_forgotten(door: Door) -> None:
    for body in (b'{"rows":[{"x":1}]}', b'{"rows"'):
        with socket.create_connection(("127.0.0.1", door.port), timeout=60) as connection:
            connection.sendall(door.head("content-length: 18") + body)
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                connection.recv(65_536)


# -- what two readers could read in two ways ------------------------------------------------------------------------


SMUGGLED = b"GET /-/routing HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        ["content-length: 4", "transfer-encoding: chunked"],
        ["transfer-encoding: chunked", "content-length: 4"],
        ["transfer-encoding: chunked, identity"],
        ["transfer-encoding: identity, chunked"],
        ["transfer-encoding: chunked", "transfer-encoding: identity"],
        ["transfer-encoding:\x0bchunked"],
        ["content-length: 4", "content-length: 5"],
        ["content-length: 4,4"],
        ["content-length: 4 4"],
        ["content-length: 0x4"],
        ["content-length: +4"],
        ["content-length : 4"],
        ["x-a: 1\ncontent-length: 4"],
    ],
)
def test_a_smuggled_second_request_is_never_answered(door: Door, lines: list[str]) -> None:
    found = raw(door.port, door.head(*lines) + b"0\r\n\r\n" + SMUGGLED, seconds=5.0)
    assert b"weights" not in found
    assert found.count(b"HTTP/1.1 200") == 0
    assert int(found.split()[1]) in {400, 408, 413, 415, 501} if found else True


def test_what_was_pipelined_behind_a_refused_request_is_not_read(door: Door) -> None:
    bad = door.head("content-length: 2") + b"{]"
    assert raw(door.port, bad).split()[1] == b"400"
    tail = door.head(f"content-length: {BODY_BYTES + 1}") + door.head("content-length: 18") + b'{"rows":[{"x":1}]}'
    found = raw(door.port, tail)
    assert found.split()[1] == b"413"
    assert b"predictions" not in found
