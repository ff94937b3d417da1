"""Requests that cannot be answered: one clear JSON error each, and a server that stays up."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from tests.serving.serving_kit import Server, raw, serve_config, serving, stored

X = np.random.default_rng(5).normal(size=(50, 2))
LIMIT = 100_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("bad")
    model = LinearRegression().fit(X, X[:, 0])
    uri = stored(folder / "models", model, sample=X[:2], names=["size", "age"])
    (folder / "token").write_text("secret-token\n")
    config = serve_config(uri, keys=["id"], limits={"body_bytes": LIMIT, "body_timeout": 0.5}, event_time="when")
    with serving(folder, config, MODELWRIGHT_TOKEN_FILE=str(folder / "token")) as found:
        yield found


TOKEN = {"authorization": "Bearer secret-token"}
GOOD = {"rows": [{"size": 1.0, "age": 2.0}]}


def ask(server: Server, body: Any, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.ask("/predict", body, headers={**TOKEN, **given})


@pytest.fixture(autouse=True)
def _still_up(server: Server) -> Iterator[None]:
    yield
    assert ask(server, GOOD).status == 200


def test_all_problems_of_all_rows_come_in_one_answer(server: Server) -> None:
    rows = [{"size": "big", "age": None}, {"sise": 1.0, "age": True}, {"size": 1, "age": 2.5, "id": "x"}]
    answer = ask(server, {"rows": rows})
    assert answer.status == 400
    problems = {(item["row"], item["column"]): item["problem"] for item in answer.json["error"]["problems"]}
    assert "not a number" in problems[0, "size"]
    assert "is null" in problems[0, "age"]
    assert problems[1, "size"] == "is missing"
    assert "'size'" in problems[1, "sise"]
    assert "not a number" in problems[1, "age"]
    assert not [key for key in problems if key[0] == 2]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"rows": [{"size": NaN, "age": 1}]}', "NaN"),
        (b'{"rows": [{"size": 1e999, "age": 1}]}', "out of range"),
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 50_000, "JSON"),
        (b'{"rows": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", ""),
        (b'{"rows": []}', "no rows"),
        (b"{}", "no rows"),
        (b"42", "no rows"),
        (b'{"rows": [1, 2]}', "row 0"),
        (b'{"rows": [[1, 2], [1]]}', "a row of 1 values"),
        (b'{"rows": [{"size": 1, "age": 2}, 3]}', "row 1"),
        (b'{"columns": {"size": [1, 2], "age": [1]}}', "different lengths"),
        (b'{"rows": [{"size": 99999999999999999999999999, "age": 1}]}', "size"),
        (b'{"rows": [{"size": 1, "age": 2, "when": "yesterday"}]}', "RFC 3339"),
        (b'{"rows": [{"size": 1, "age": 2, "when": "2013-01-01T00:00:00"}]}', "time zone"),
    ],
)
def test_malformed_bodies_are_400_with_the_reason(server: Server, body: bytes, words: str) -> None:
    answer = ask(server, body)
    assert answer.status == 400
    assert words in json.dumps(answer.json["error"])
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "inputs",
    [
        [],
        [{"name": "x", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, 3]}],
        [{"name": "x", "datatype": "FP64", "shape": [1, 2], "data": [1]}],
        [{"name": "x", "datatype": "FP65", "shape": [1, 2], "data": [1, 2]}],
        [{"name": "x", "datatype": "FP64", "shape": [-1, 2], "data": [1, 2]}],
        [{"name": "x", "datatype": "FP64", "shape": [2, 2], "data": [[1, 2], 3]}],
        [{"name": "size", "datatype": "FP64", "shape": [2], "data": [1, 2]}],
        "x",
    ],
)
def test_wrong_tensors_are_400(server: Server, inputs: Any) -> None:
    assert server.ask("/v2/models/api/infer", {"inputs": inputs}, headers=TOKEN).status == 400


@pytest.mark.parametrize("text", ["1,2,3", "1,x", '"1,2', "size,age", "nan,1", "1,"])
def test_wrong_csv_is_400(server: Server, text: str) -> None:
    answer = ask(server, text.encode(), content_type="text/csv")
    assert answer.status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/xml"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "application/json; charset=utf-16"},
        {"content_encoding": "br"},
    ],
)
def test_what_is_not_read_is_415(server: Server, headers: dict[str, str]) -> None:
    assert ask(server, GOOD, **headers).status == 415


def test_a_large_body_is_413_declared_or_chunked(server: Server) -> None:
    assert ask(server, b" " * (LIMIT + 1)).status == 413
    head = b"POST /predict HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer secret-token\r\n"
    chunk = b"%x\r\n%s\r\n" % (60_000, b" " * 60_000)
    answer = raw(server.port, head + b"transfer-encoding: chunked\r\n\r\n" + chunk * 3)
    assert b" 413 " in answer.split(b"\r\n")[0]


def test_a_gzip_bomb_is_413_and_no_memory(server: Server) -> None:
    bomb = gzip.compress(bytes(50 << 20))
    assert len(bomb) < LIMIT
    assert ask(server, bomb, content_encoding="gzip").status == 413


PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize(
    "body", [b"not gzip", PACKED[:-4], PACKED + b"more", zlib.compress(b"{}")], ids=["text", "cut", "more", "zlib"]
)
def test_damaged_gzip_is_400(server: Server, body: bytes) -> None:
    assert ask(server, body, content_encoding="gzip").status == 400


def test_a_slow_body_is_408(server: Server) -> None:
    head = (
        b"POST /predict HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer secret-token\r\ncontent-length: 50\r\n\r\n"
    )
    assert b" 408 " in raw(server.port, head + b'{"rows"').split(b"\r\n")[0]


def test_a_hundred_headers_and_more_are_431(server: Server) -> None:
    many = {f"x-{index}": "1" for index in range(120)}
    assert server.ask("/predict", GOOD, headers={**TOKEN, **many}).status == 431


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v2/models/other/infer", "/predict/../metrics", "/v1/models/api:explain"]
)
def test_unknown_routes_are_404(server: Server, path: str) -> None:
    assert server.ask(path, GOOD, headers=TOKEN).status == 404


def test_a_known_route_with_another_method_is_405(server: Server) -> None:
    answer = server.ask("/predict", headers=TOKEN)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic c2VjcmV0LXRva2Vu"}, {"authorization": "Bearer"}],
)
def test_without_the_token_everything_but_probes_is_401(server: Server, headers: dict[str, str]) -> None:
    for path in ("/predict", "/metrics", "/nowhere", "/-/flush"):
        answer = server.ask(path, GOOD if path == "/predict" else None, headers=headers)
        assert answer.status == 401
        assert "secret-token" not in answer.body.decode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "localhost.evil.example:80"}, 421),
        ({"origin": "http://evil.example"}, 403),
    ],
)
def test_other_hosts_and_origins_are_refused(server: Server, headers: dict[str, str], status: int) -> None:
    assert server.ask("/predict", GOOD, headers={**TOKEN, **headers}).status == status


def test_loopback_names_are_taken_with_any_port(server: Server) -> None:
    for host in ("localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:8080"):
        assert server.ask("/predict", GOOD, headers={**TOKEN, "host": host}).status == 200


def test_a_server_that_cannot_load_says_why(tmp_path: Path) -> None:
    model = stored(tmp_path / "models", LinearRegression().fit(X, X[:, 0]), sample=X[:2])
    folder = Path(model.removeprefix("file://"))
    (folder / "model.skops").write_bytes(b"changed")
    with pytest.raises(AssertionError, match="not what its digest says"), serving(tmp_path, serve_config(model)):
        pass
    assert "cannot serve" in (tmp_path / "log.txt").read_text()


def test_headers_without_end_are_431_before_they_are_memory(server: Server) -> None:
    endless = b"GET /ping HTTP/1.1\r\nhost: localhost\r\n" + b"".join(b"x-%d: 1\r\n" % n for n in range(10_000))
    assert raw(server.port, endless).split()[1] in {b"431", b"400"}  # h11, where httptools is missing, says 400
