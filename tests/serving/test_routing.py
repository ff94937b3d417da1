"""The router in front of two versions: exact shares, mirrors, named versions, and what it refuses to read."""

from __future__ import annotations

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.serving.serving_kit import Endpoint, raw
from tests.waiting import eventually

from modelwright.adapters.local.driver.measures import LocalMeasures
from modelwright.errors import ProviderError, UsageError


def variants(endpoint: Endpoint, count: int) -> Counter[str]:
    return Counter(endpoint.predict().headers["x-modelwright-variant"] for _ in range(count))


def test_a_thousand_requests_are_shared_exactly(shared: Endpoint) -> None:
    shared.traffic({"v1-r1": 93, "v2-r1": 7})
    assert variants(shared, 1000) == {"v1-r1": 930, "v2-r1": 70}
    shared.traffic({"v1-r1": 100})
    assert variants(shared, 50) == {"v1-r1": 50}


def test_small_shares_are_spread_out(shared: Endpoint) -> None:
    shared.traffic({"v1-r1": 90, "v2-r1": 10})
    for _ in range(5):
        assert variants(shared, 10)["v2-r1"] == 1


def test_a_mirror_gets_its_fraction_of_copies_and_answers_nobody(shared: Endpoint) -> None:
    shared.traffic({"v1-r1": 100}, {"v2-r1": 0.25})
    before = _requests(shared)
    assert variants(shared, 200) == {"v1-r1": 200}
    eventually(lambda: _requests(shared)["v2-r1"] - before["v2-r1"] == 50)
    assert _requests(shared)["v1-r1"] - before["v1-r1"] == 200


def _requests(endpoint: Endpoint) -> Counter[str]:
    now = datetime.now(UTC)
    found = LocalMeasures(endpoint.state).read("api", now - timedelta(hours=1), now + timedelta(minutes=1))
    return Counter({name: measure.requests for name, measure in found.items()})


def test_a_header_names_a_version_or_a_variant(shared: Endpoint) -> None:
    shared.traffic({"v1-r1": 100})
    assert shared.predict(x_modelwright_version="2").headers["x-modelwright-variant"] == "v2-r1"
    assert shared.predict(x_modelwright_variant="v2-r1").headers["x-modelwright-version"] == "2"
    missing = shared.predict(x_modelwright_version="9")
    assert missing.status == 404
    assert "known: 1, 2" in missing.json["error"]["message"]


def test_the_answer_passes_through_with_its_id(shared: Endpoint) -> None:
    answer = shared.predict(3.0, **{"x-request-id": "abc-1"})
    assert answer.predictions == [6.0]
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.headers["x-modelwright-release"] == "1"
    assert len(shared.predict().headers["x-request-id"]) == 36


def test_every_protocol_passes_the_router(shared: Endpoint) -> None:
    tensor = {"name": "x", "datatype": "FP64", "shape": [2], "data": [1.0, 2.0]}
    assert shared.ask("/v2/models/api/infer", {"inputs": [tensor]}).json["outputs"][0]["data"] == [2.0, 4.0]
    assert shared.ask("/invocations", b"5\n", headers={"content-type": "text/csv"}).predictions == [10.0]
    assert shared.ask("/v1/models/api:predict", {"instances": [{"x": 4}]}).predictions == [8.0]
    assert shared.ask("/ping").status == 200
    assert shared.ask("/v2/models/api").json["inputs"][0]["name"] == "x"


def test_errors_of_the_model_are_counted_for_its_variant(shared: Endpoint) -> None:
    now = datetime.now(UTC)

    def errors() -> int:
        found = LocalMeasures(shared.state).read("api", now - timedelta(hours=1), now + timedelta(minutes=2))
        return found["v2-r1"].errors if "v2-r1" in found else 0

    before = errors()
    for x in (500.0, 404.0, 1.0):
        shared.predict(x, x_modelwright_variant="v2-r1")
    assert shared.ask("/predict", {"rows": [{"y": 1}]}, {"x-modelwright-variant": "v2-r1"}).status == 400
    assert errors() - before == 2


def test_latencies_are_measured_where_clients_see_them(shared: Endpoint) -> None:
    now = datetime.now(UTC)
    for _ in range(20):
        shared.predict(20.0, x_modelwright_variant="v2-r1")
    found = LocalMeasures(shared.state).read("api", now - timedelta(minutes=1), now + timedelta(minutes=2))
    assert found["v2-r1"].p99_ms >= 20.0


def test_metrics_are_prometheus_text(shared: Endpoint) -> None:
    shared.predict()
    text = shared.ask("/metrics").body.decode()
    assert 'modelwright_router_requests_total{variant="v1-r1"}' in text
    assert 'modelwright_router_weight{variant="v1-r1"} 100' in text


# -- who may ask -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer x"}, {"authorization": "Basic eDp5"}])
def test_without_the_token_nothing_is_answered_but_liveness(shared: Endpoint, headers: dict[str, str]) -> None:
    given = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    for line in ("POST /predict", "GET /metrics", "GET /-/routing", "POST /-/flush"):
        answer = raw(shared.port, f"{line} HTTP/1.1\r\nhost: localhost\r\n{given}content-length: 0\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b'"code": "MW1101"' in answer
        assert b"www-authenticate: Bearer" in answer
    assert raw(shared.port, b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("header", ["host: evil.example", "host: localhost\r\norigin: http://evil.example"])
def test_other_sites_are_refused(shared: Endpoint, header: str) -> None:
    request = f"GET /ping HTTP/1.1\r\n{header}\r\nauthorization: Bearer {shared.token}\r\n\r\n"
    assert raw(shared.port, request.encode()).split()[1] in {b"421", b"403"}


def test_the_token_is_private(shared: Endpoint) -> None:
    assert (shared.folder / "token").stat().st_mode & 0o077 == 0
    assert shared.token not in shared.driver.logs("api")[0]


# -- what is read ----------------------------------------------------------------------------------------------------


def head(shared: Endpoint, *lines: str, start: str = "POST /predict HTTP/1.1") -> bytes:
    given = [start, "host: localhost", f"authorization: Bearer {shared.token}", *lines]
    return ("\r\n".join(given) + "\r\n\r\n").encode()


BODY = b'{"rows": [{"x": 5}]}'


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["content-length: 5", "transfer-encoding: chunked"], 400),
        (["content-length: 20", "content-length: 20"], 400),
        (["content-length: +20"], 400),
        (["content-length: 0x14"], 400),
        (["content-length: -1"], 400),
        (["content-length: 20, 20"], 400),
        (["transfer-encoding: gzip, chunked"], 501),
        (["transfer-encoding: xchunked"], 501),
        (["transfer-encoding : chunked"], 400),
        (["x-a: 1\r\n folded"], 400),
        (["x-a: 1\nx-b: 2"], 400),
        (["x-a: 1\rx-b: 2"], 400),
        (["x\x00a: 1"], 400),
        (["host: localhost"], 400),
        (["no colon"], 400),
        ([f"x-{number}: 1" for number in range(120)], 431),
        (["x: " + "y" * 40_000], 431),
        ([f"content-length: {9 << 20}"], 413),
        (["content-length: 999999999999999999999"], 400),
    ],
)
def test_what_could_be_read_two_ways_or_is_too_much_is_refused(shared: Endpoint, lines: list[str], status: int) -> None:
    answer = raw(shared.port, head(shared, *lines) + BODY)
    assert int(answer.split()[1]) == status
    assert b"connection: close" in answer.partition(b"\r\n\r\n")[0]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]
    assert shared.predict().status == 200


@pytest.mark.parametrize(
    "start",
    ["POST /predict", "POST /predict HTTP/2.0", "POST  /predict HTTP/1.1", "\x16\x03\x01", "GET /\x01 HTTP/1.1"],
)
def test_what_is_not_http_is_400(shared: Endpoint, start: str) -> None:
    assert raw(shared.port, head(shared, start=start)).split()[1] == b"400"


def test_chunked_bodies_are_read_in_any_pieces(shared: Endpoint) -> None:
    data = head(shared, "transfer-encoding: chunked", "content-type: application/json")
    data += b"5;ext=1\r\n" + BODY[:5] + b"\r\nF\r\n" + BODY[5:] + b"\r\n0\r\nx-trailer: 1\r\n\r\n"
    assert b'"prediction":10.0' in raw(shared.port, data)
    with socket.create_connection(("127.0.0.1", shared.port)) as connection:
        for index in range(len(data)):
            connection.sendall(data[index : index + 1])
        assert b'"prediction":10.0' in connection.recv(65_536)


@pytest.mark.parametrize("chunks", [b"zz\r\n", b"5\r\nhello!\r\n0\r\n\r\n", b"FFFFFFFF\r\n", b"-1\r\n", b"5 \n"])
def test_broken_chunks_are_refused(shared: Endpoint, chunks: bytes) -> None:
    assert int(raw(shared.port, head(shared, "transfer-encoding: chunked") + chunks).split()[1]) in {400, 413}


def test_pipelined_requests_are_answered_in_order(shared: Endpoint) -> None:
    request = b"".join(
        head(shared, "content-type: application/json", f"content-length: {len(body)}") + body
        for x in range(5)
        if (body := json.dumps({"rows": [{"x": x}]}).encode())
    )
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as connection:
        connection.sendall(request)
        found = b""
        while found.count(b'"prediction"') < 5:
            found += connection.recv(65_536)
    assert [found.index(f'"prediction":{2.0 * x}'.encode()) for x in range(5)] == sorted(
        found.index(f'"prediction":{2.0 * x}'.encode()) for x in range(5)
    )


def test_a_client_may_ask_to_close_or_to_be_told_to_continue(shared: Endpoint) -> None:
    closing = head(shared, "connection: close", "content-type: application/json", f"content-length: {len(BODY)}")
    answer = raw(shared.port, closing + BODY)
    assert b"connection: close" in answer
    waiting = head(shared, "expect: 100-continue", "content-type: application/json", f"content-length: {len(BODY)}")
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as connection:
        connection.sendall(waiting)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_other_methods_are_405(shared: Endpoint) -> None:
    answer = raw(shared.port, head(shared, start="DELETE /predict HTTP/1.1"))
    assert answer.split()[1] == b"405"
    assert b'"code": "MW2207"' in answer


def test_a_client_cannot_pass_for_a_mirror(shared: Endpoint) -> None:
    assert shared.predict(x_modelwright_mirror="1").status == 200


# -- traffic that makes no sense -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "mirror", "error"),
    [
        ({"v1-r1": 90}, {}, UsageError),
        ({"v1-r1": 110, "v2-r1": -10}, {}, UsageError),
        ({"v1-r1": 50.5, "v2-r1": 49.5}, {}, UsageError),
        ({"v1-r1": 100}, {"v2-r1": 1.5}, UsageError),
        ({"v9-r9": 100}, {}, ProviderError),
    ],
)
def test_wrong_traffic_changes_nothing(shared: Endpoint, weights: Any, mirror: Any, error: type[Exception]) -> None:
    shared.traffic({"v1-r1": 100})
    with pytest.raises(error):
        shared.traffic(weights, mirror)
    assert shared.driver.status("api").weights == {"v1-r1": 100}


def test_many_clients_at_once_are_all_answered_rightly(shared: Endpoint) -> None:
    shared.traffic({"v1-r1": 50, "v2-r1": 50})
    with ThreadPoolExecutor(16) as pool:
        values = [float(x) for x in range(1000, 1400)]
        answers = list(pool.map(shared.predict, values))
    assert [answer.predictions for answer in answers] == [[2 * x] for x in values]
