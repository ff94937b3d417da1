"""The short way for ordinary requests answers as uvicorn does, and takes nothing that could be read two ways."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.serving.serving_kit import Server, serve_config, serving

from modelwright.workload.serve.lane import read_ordinary

BODY = b'{"rows":[{"x":1.0}]}'


def request(
    body: bytes = BODY, *lines: bytes, start: bytes = b"POST /predict HTTP/1.1", length: int | None = None
) -> bytes:
    size = len(body) if length is None else length
    head = [start, b"host: localhost", b"content-type: application/json", b"content-length: %d" % size, *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def test_a_whole_request_is_read_with_its_headers_in_lower_case() -> None:
    found = read_ordinary(request(BODY, b"X-Request-Id:  abc def "))
    assert found is None, "two blanks after the colon are left to uvicorn"
    found = read_ordinary(request(BODY, b"X-Request-Id: abc def "))
    assert found is not None
    method, path, fields, body = found
    assert (method, path, body) == ("POST", "/predict", BODY)
    assert fields == [
        (b"host", b"localhost"),
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(BODY)),
        (b"x-request-id", b"abc def"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        request(BODY, length=len(BODY) + 1),
        request(BODY, length=len(BODY) - 1),
        request(BODY) + request(BODY),
        request(BODY)[:-1],
        request(BODY)[:30],
        request(BODY, b"content-length: %d" % len(BODY)),
        request(BODY, b"Content-Length: 3"),
        request(BODY, b"x-a: 1", b"x-a: 1"),
        request(BODY, b"transfer-encoding: chunked"),
        request(BODY, b"expect: 100-continue"),
        request(BODY, b"connection: close"),
        request(BODY, b"connection: upgrade", b"upgrade: h2c"),
        request(BODY, b"x-a : 1"),
        request(BODY, b" folded: 1"),
        request(BODY, b"x-a: 1\n x-b: 2"),
        request(BODY, b"x-a: \x00"),
        request(BODY, b"x-a: \xe9"),
        request(BODY, b"x" * 65 + b": 1"),
        request(BODY, b"x-a: " + b"1" * 5_000),
        request(BODY, *[b"x-%d: 1" % number for number in range(60)]),
        request(BODY, start=b"POST /predict HTTP/1.0"),
        request(BODY, start=b"PUT /predict HTTP/1.1"),
        request(BODY, start=b"POST /predict?a=1 HTTP/1.1"),
        request(BODY, start=b"POST /pre%64ict HTTP/1.1"),
        request(BODY, start=b"POST http://localhost/predict HTTP/1.1"),
        request(BODY).replace(b"\r\n", b"\n"),
        request(b"1" * 70_000),
        b"POST /predict HTTP/1.1\r\nhost: localhost\r\n\r\n" + BODY,
        b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: +20\r\n\r\n" + BODY,
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"",
    ],
)
def test_what_is_not_ordinary_is_left_to_uvicorn(data: bytes) -> None:
    assert read_ordinary(data) is None


def test_a_get_needs_no_length() -> None:
    assert read_ordinary(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n") is not None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tricky: str) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("lane"), serve_config(tricky)) as found:
        yield found


class Client:
    """One connection that reads answer by answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[bytes, bytes], bytes]:
        status = int(self.file.readline().split()[1])
        fields = {}
        while (line := self.file.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b": ")
            fields[name.lower()] = value.strip()
        return status, fields, self.file.read(int(fields[b"content-length"]))

    def predicted(self) -> float:
        status, _, body = self.answer()
        assert status == 200, body
        return float(json.loads(body)["predictions"][0]["prediction"])

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def _row(value: float) -> bytes:
    return request(b'{"rows":[{"x":%.1f}]}' % value)


def test_many_requests_on_one_connection_are_answered_in_order(server: Server) -> None:
    client = Client(server.port)
    for number in range(1, 6):
        client.send(_row(number))
        assert client.predicted() == 2 * number
    client.close()


def test_pipelined_requests_are_answered_in_order_whatever_way_they_take(server: Server) -> None:
    client = Client(server.port)
    client.send(_row(20.0))  # slow, so that what follows comes before its answer
    client.send(_row(2.0))
    client.send(_row(3.0) + _row(4.0))
    assert [client.predicted() for _ in range(4)] == [40.0, 4.0, 6.0, 8.0]
    client.close()


def test_a_request_in_pieces_after_a_whole_one_is_answered(server: Server) -> None:
    client = Client(server.port)
    client.send(_row(1.0))
    assert client.predicted() == 2.0
    whole = _row(7.0)
    for start in range(0, len(whole), 40):
        client.send(whole[start : start + 40])
    assert client.predicted() == 14.0
    client.send(_row(8.0))
    assert client.predicted() == 16.0, "the connection is uvicorn's now, and still answers"
    client.close()


def test_both_ways_answer_alike(server: Server) -> None:
    answers = []
    for line in (b"x-a: 1", b"x-a:  1"):  # the second is for uvicorn
        client = Client(server.port)
        client.send(request(BODY, b"x-request-id: same", line))
        status, fields, body = client.answer()
        answers.append((status, {name: fields[name] for name in sorted(fields)}, body))
        client.close()
    assert answers[0] == answers[1]


def test_a_refused_request_is_answered_and_the_connection_goes_on(server: Server) -> None:
    client = Client(server.port)
    client.send(request(b"{"))
    assert client.answer()[0] == 400
    client.send(request(BODY, start=b"POST /nowhere HTTP/1.1"))
    assert client.answer()[0] == 404
    client.send(_row(3.0))
    assert client.predicted() == 6.0
    client.close()


def test_the_body_of_a_refused_request_is_never_taken_for_a_request(server: Server) -> None:
    """Answered before its body is read: what follows on the connection is that body, and not a request."""
    client = Client(server.port)
    hidden = _row(5.0)
    client.send(request(b"", start=b"POST /nowhere HTTP/1.1", length=len(hidden)))
    assert client.answer()[0] == 404
    client.send(hidden)
    client.send(_row(6.0))
    assert client.predicted() == 12.0
    client.close()


def test_a_server_that_ends_first_answers_what_is_under_way(tmp_path: Path, tricky: str) -> None:
    with serving(tmp_path, serve_config(tricky)) as server:
        client = Client(server.port)
        client.send(_row(300.0))  # takes 0.3 s
        waiting = Client(server.port)
        waiting.send(_row(1.0))
        assert waiting.predicted() == 2.0
        server.process.send_signal(signal.SIGTERM)
        assert client.predicted() == 600.0
        assert server.process.wait(60) == 0
        assert waiting.file.read() == b"", "an idle connection is closed"
        client.close()
        waiting.close()
