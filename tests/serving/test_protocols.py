"""Every platform's protocol, asked over HTTP; the expected answers are scikit-learn's."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.serving.serving_kit import Server, serve_config, serving, stored

NAMES = ["a", "b", "c"]
X = np.random.default_rng(5).normal(size=(200, 3))
MODEL = LogisticRegression().fit(X, (X[:, 0] > 0).astype(int))
TWO = [[0.5, -1.0, 2.0], [-2.0, 0.25, 0.0]]
SCORES = MODEL.predict_proba(np.array(TWO))[:, 1]
CLASSES = MODEL.predict(np.array(TWO))
ROWS = [dict(zip(NAMES, row, strict=True)) for row in TWO]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("protocols")
    model = stored(folder / "models", MODEL, sample=X[:3], names=NAMES)
    vertex = {"AIP_HEALTH_ROUTE": "/vertex/health", "AIP_PREDICT_ROUTE": "/vertex/predict"}
    with serving(
        folder, serve_config(model, version=7, release=3, variant="v7-r3", model_name="delay"), **vertex
    ) as found:
        yield found


def expect(predictions: Any) -> None:
    assert [row["prediction"] for row in predictions] == CLASSES.tolist()
    assert [row["probability"] for row in predictions] == pytest.approx(SCORES)


@pytest.mark.parametrize("path", ["/predict", "/invocations", "/score", "/vertex/predict", "/v1/models/api:predict"])
@pytest.mark.parametrize(
    "body",
    [
        {"rows": ROWS},
        {"instances": ROWS},
        {"instances": TWO},
        ROWS,
        {"columns": {name: [row[name] for row in ROWS] for name in NAMES}},
        {"dataframe_split": {"columns": NAMES, "data": TWO}},
        {"input_data": {"columns": NAMES, "index": [0, 1], "data": TWO}},
        {"dataframe_records": ROWS},
    ],
    ids=["rows", "instances", "lists", "list", "columns", "mlflow", "azure", "records"],
)
def test_row_wise_bodies_are_read_on_every_row_wise_route(server: Server, path: str, body: Any) -> None:
    answer = server.ask(path, body)
    assert answer.status == 200
    expect(answer.json["predictions"])


def test_one_row_may_come_bare(server: Server) -> None:
    assert server.ask("/predict", ROWS[0]).predictions == [CLASSES[0]]


@pytest.mark.parametrize(
    "path", ["/ping", "/vertex/health", "/", "/readyz", "/livez", "/v2/health/live", "/v2/health/ready"]
)
def test_probes_need_no_token_and_say_200(server: Server, path: str) -> None:
    assert server.ask(path).status == 200


def test_csv_comes_with_or_without_a_header(server: Server) -> None:
    lines = "\n".join(",".join(map(str, row)) for row in TWO)
    for text in (lines, "a,b,c\n" + lines, "c,b,a\n" + "\n".join(",".join(map(str, row[::-1])) for row in TWO)):
        answer = server.ask("/invocations", text.encode(), headers={"content-type": "text/csv"})
        expect(answer.json["predictions"])


def test_csv_is_answered_in_csv_where_that_is_accepted(server: Server) -> None:
    lines = "\n".join(",".join(map(str, row)) for row in TWO).encode()
    answer = server.ask("/invocations", lines, headers={"content-type": "text/csv", "accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv"
    fields = [line.split(",") for line in answer.body.decode().splitlines()]
    assert [int(field[0]) for field in fields] == CLASSES.tolist()
    assert [float(field[1]) for field in fields] == pytest.approx(SCORES)


def tensor(name: str, values: Any, kind: str = "FP64") -> dict[str, Any]:
    return {"name": name, "datatype": kind, "shape": list(np.shape(values)), "data": values}


@pytest.mark.parametrize(
    "inputs",
    [
        [tensor("x", TWO)],
        [{**tensor("x", TWO), "data": [value for row in TWO for value in row]}],
        [tensor(name, [row[index] for row in TWO]) for index, name in enumerate(NAMES)],
        [tensor(name, [[row[index]] for row in TWO], "FP32") for index, name in enumerate(NAMES)],
    ],
    ids=["matrix", "flat", "columns", "n-by-1"],
)
def test_the_open_inference_protocol_takes_tensors(server: Server, inputs: Any) -> None:
    answer = server.ask("/v2/models/api/infer", {"id": "q-1", "inputs": inputs})
    assert answer.status == 200
    assert answer.json["id"] == "q-1"
    assert answer.json["model_name"] == "api"
    outputs = {item["name"]: item for item in answer.json["outputs"]}
    assert outputs["prediction"]["data"] == CLASSES.tolist()
    assert outputs["prediction"]["datatype"] == "INT64"
    assert outputs["probability"]["data"] == pytest.approx(SCORES)
    assert outputs["probability"]["shape"] == [2]


def test_metadata_describes_the_models_tensors(server: Server) -> None:
    for path in ("/v2/models/api", "/v2/models/model", "/v2/models/api/versions/7"):
        found = server.ask(path).json
        assert [item["name"] for item in found["inputs"]] == NAMES
        assert {item["datatype"] for item in found["inputs"]} == {"FP64"}
        assert [item["name"] for item in found["outputs"]] == ["prediction", "probability"]
    assert server.ask("/v2").json["name"] == "modelwright"


@pytest.mark.parametrize("name", ["api", "delay"])
def test_the_model_answers_by_its_own_name_and_by_the_endpoints(server: Server, name: str) -> None:
    assert server.ask("/v1/models").json == {"models": ["api", "delay"]}
    assert server.ask(f"/v1/models/{name}").json == {"name": name, "ready": True}
    expect(server.ask(f"/v1/models/{name}:predict", {"instances": TWO}).json["predictions"])
    assert server.ask(f"/v2/models/{name}").json["name"] == name
    assert server.ask(f"/v2/models/{name}/ready").status == 200
    answer = server.ask(f"/v2/models/{name}/infer", {"inputs": [tensor("x", TWO)]}).json
    assert (answer["model_name"], answer["model_version"]) == (name, "7")
    assert server.ask("/v1/models/other").status == 404


KINDS = ["application/jsonlines", "application/x-ndjson", "application/x-jsonlines", "application/jsonl"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lines", [ROWS, TWO], ids=["objects", "lists"])
def test_json_lines_are_read_and_answered_in_json_lines_where_that_is_accepted(
    server: Server, kind: str, lines: list[Any]
) -> None:
    body = "\n".join(json.dumps(line) for line in lines).encode()
    for text in (body, body + b"\n", body.replace(b"\n", b"\r\n\r\n")):
        expect(server.ask("/invocations", text, headers={"content-type": kind}).json["predictions"])
    answer = server.ask("/invocations", body, headers={"content-type": kind, "accept": kind})
    assert answer.headers["content-type"] == kind
    expect([json.loads(line) for line in answer.body.splitlines()])


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"", "no rows"), (b"\n\n", "no rows"), (b'{"a": 1}\n{', "line 2"), (b'{"a":1,"b":2,"c":3} 4', "line 1")],
)
def test_wrong_json_lines_are_400_and_name_the_line(server: Server, body: bytes, words: str) -> None:
    answer = server.ask("/invocations", body, headers={"content-type": "application/x-ndjson"})
    assert answer.status == 400
    assert words in answer.json["error"]["message"]


def test_another_content_type_is_415_with_the_list_of_those_that_are_read(server: Server) -> None:
    answer = server.ask("/predict", b"<x/>", headers={"content-type": "application/xml"})
    assert answer.status == 415
    for kind in ("application/json", "application/jsonlines", "application/x-ndjson", "text/csv"):
        assert kind in answer.json["error"]["message"]


def test_every_answer_says_who_gave_it(server: Server) -> None:
    answer = server.ask("/predict", {"rows": ROWS}, headers={"x-request-id": "mine-1"})
    assert answer.headers["x-modelwright-version"] == "7"
    assert answer.headers["x-modelwright-release"] == "3"
    assert answer.headers["x-modelwright-variant"] == "v7-r3"
    assert answer.headers["x-request-id"] == "mine-1"
    made = server.ask("/predict", {"rows": ROWS}).headers["x-request-id"]
    assert made[14] == "7"
    assert len(made) == 36


def test_gzip_is_read(server: Server) -> None:
    body = gzip.compress(json.dumps({"rows": ROWS}).encode())
    answer = server.ask("/predict", body, headers={"content-encoding": "gzip"})
    expect(answer.json["predictions"])


def test_metrics_count_rows_and_answers(server: Server) -> None:
    server.ask("/predict", {"rows": ROWS})
    text = server.ask("/metrics").body.decode()
    values = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}
    label = 'endpoint="api",variant="v7-r3"'
    assert values[f'modelwright_requests_total{{{label},status="200"}}'] >= 1
    assert values[f"modelwright_rows_total{{{label}}}"] >= 2
    buckets = [value for name, value in values.items() if "_bucket" in name]
    assert buckets == sorted(buckets)
    assert buckets[-1] == values[f"modelwright_request_seconds_count{{{label}}}"]


def test_it_listens_on_loopback_only(server: Server) -> None:
    port = f"{server.port:04X}"
    listening = [
        line.split()[1]
        for name in ("tcp", "tcp6")
        if (table := Path(f"/proc/net/{name}")).exists()
        for line in table.read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port}")
    ]
    assert listening == [f"0100007F:{port}"]
