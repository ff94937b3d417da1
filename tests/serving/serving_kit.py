"""What the serving tests share: models on disk, configs, one server or a whole endpoint as real processes."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import eventually

from modelwright.adapters.local.driver.serving import LocalServing
from modelwright.canonical import digest_file
from modelwright.contract.driver import Filled
from modelwright.workload.model_folder import save_model

START_SECONDS = 180.0
"""For a server to start on a machine whose cores are wanted by twenty others: Python imports scikit-learn first."""

TRICKY = """
import os, time
import numpy as np

def predict(columns):
    x = columns["x"]
    if (x == 500).any():
        raise ValueError("five hundred is too much")
    if (x == 666).any():
        os._exit(9)
    if (x == 20).any():
        time.sleep(0.02)
    if (x == 300).any():
        time.sleep(0.3)
    return np.where(x == 404, np.nan, x * FACTOR)
"""


def tricky_model(root: Path, factor: int = 2) -> str:
    """Save a model that doubles `x`, and raises, dies, dawdles or answers NaN for chosen values; return its address."""
    source = root / "tricky.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(TRICKY.replace("FACTOR", str(factor)))
    return stored(root, f"{source}:predict", sample={"x": [1.0, 2.0]}, opt_in="callable")


def stored(root: Path, model: Any, **given: Any) -> str:
    """Save a model under its digest, as the registry does, and return its address."""
    draft = root / f"draft-{len(list(root.iterdir()))}" if root.is_dir() else root / "draft-0"
    save_model(draft, model, **given)
    folder = root / digest_file(draft / "manifest.json").removeprefix("sha256:")
    if not folder.exists():
        draft.rename(folder)
    return folder.as_uri()


def serve_config(model: str, **given: Any) -> dict[str, Any]:
    return {
        "schema": "modelwright.serve/1",
        "endpoint": "api",
        "release": 1,
        "version": 1,
        "variant": "v1-r1",
        "model": model,
        "capture": {"to": None, "fraction": 0.0},
        "keys": [],
        **given,
    }


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def predictions(self) -> list[Any]:
        return [row["prediction"] for row in self.json["predictions"]]


def ask(
    port: int, path: str, body: Any = None, *, method: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """Send one request over a connection of its own; a body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
    given = {"content-type": "application/json"} if body is not None else {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method or ("GET" if data is None else "POST"), path, data, {**given, **(headers or {})})
        response = connection.getresponse()
        content = response.read()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
    finally:
        connection.close()


def raw(port: int, data: bytes, *, seconds: float = 20.0) -> bytes:
    """Send bytes as they are and return everything that comes back until the other side closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(data)
        found = b""
        try:
            while part := connection.recv(65_536):
                found += part
                if complete(found):
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return found


def complete(data: bytes) -> bool:
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return False


@dataclass
class Server:
    """One serving process, started as every platform starts it."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path

    def ask(self, path: str, body: Any = None, **given: Any) -> Answer:
        return ask(self.port, path, body, **given)

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


@contextmanager
def serving(folder: Path, config: Mapping[str, Any], **env: str) -> Iterator[Server]:
    """Start a server on a free port and end it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    path, ready = folder / "serve.json", folder / "ready.json"
    path.write_text(json.dumps(config))
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "modelwright.workload", "serve", "--config", str(path)],
        env={**os.environ, "MODELWRIGHT_PORT": "0", "MODELWRIGHT_READY_FILE": str(ready), **env},
        stderr=(folder / "log.txt").open("wb"),
    )
    try:
        eventually(lambda: ready.exists() or process.poll() is not None, within=START_SECONDS)
        said = json.loads(ready.read_bytes())
        assert said["state"] == "ready", said
        yield Server(said["port"], process, folder)
    finally:
        process.kill()
        process.wait()


def captured(control: Path) -> list[dict[str, Any]]:
    """Return all captured rows of a control store, in the order of their files."""
    rows: list[dict[str, Any]] = []
    for path in sorted(control.glob("capture/*/dt=*/hh=*/*.jsonl.gz")):
        file = path.relative_to(control).as_posix()
        rows.extend({**json.loads(line), "file": file} for line in gzip.decompress(path.read_bytes()).splitlines())
    return rows


class Endpoint:
    """A whole endpoint behind its driver."""

    def __init__(self, state: Path, name: str = "api") -> None:
        self.state = state
        self.name = name
        self.driver = LocalServing(state)
        self.folder = state / "endpoints" / name

    def deploy(self, variant: str, model: str, *, wait: bool = True, env: Any = None, **config: Any) -> None:
        version, release = (int(part[1:]) for part in variant.split("-"))
        document = serve_config(model, endpoint=self.name, variant=variant, version=version, release=release, **config)
        body = {"verb": "serve", "config": document, "env": env or {}}
        self.driver.deploy(self.name, variant, Filled(f"{self.name}/serve", "serve", "local.Serve", body))
        if wait:
            eventually(lambda: self.state_of(variant) in {"ready", "failed"}, within=START_SECONDS)
            assert self.state_of(variant) == "ready", self.driver.status(self.name)

    def traffic(self, weights: Mapping[str, int], mirror: Mapping[str, float] | None = None) -> None:
        self.driver.set_traffic(self.name, weights, mirror or {})

    def state_of(self, variant: str) -> str:
        return {found.name: found.state for found in self.driver.status(self.name).deployments}.get(variant, "absent")

    @property
    def port(self) -> int:
        return int(json.loads((self.folder / "address.json").read_bytes())["port"])

    @property
    def token(self) -> str:
        return (self.folder / "token").read_text()

    @property
    def auth(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def ask(self, path: str = "/predict", body: Any = None, headers: Any = None, **given: Any) -> Answer:
        return ask(self.port, path, body, headers={**self.auth, **(headers or {})}, **given)

    def predict(self, x: float = 1.0, **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        status, found, body = self.driver.invoke(self.name, json.dumps({"rows": [{"x": x}]}).encode(), given)
        return Answer(status, found, body)
