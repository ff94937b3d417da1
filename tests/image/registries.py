"""Real registries on loopback: Debian's `docker-registry`, as anybody's registry, behind a password, or broken."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import eventually


@dataclass(frozen=True, slots=True)
class Running:
    """A registry that runs: its host and port, its storage, and its process."""

    host: str
    storage: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Ask the registry directly, without any of our code."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def manifest(self, repository: str, reference: str) -> dict[str, Any]:
        """Return a manifest as the registry holds it; its bytes must have the digest that the registry says."""
        accepted = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
        status, body, headers = self.ask("GET", f"/v2/{repository}/manifests/{reference}", accepted)
        assert status == 200, body
        assert headers["docker-content-digest"] == "sha256:" + hashlib.sha256(body).hexdigest()
        document: dict[str, Any] = json.loads(body)
        return document

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a blob's bytes, which must have their digest."""
        status, body, _ = self.ask("GET", f"/v2/{repository}/blobs/{digest}")
        assert status == 200
        assert digest == "sha256:" + hashlib.sha256(body).hexdigest()
        return body


def program() -> str:
    """Return the registry's program, or skip the test."""
    found = shutil.which("docker-registry")
    if found is None:
        pytest.skip("no docker-registry on the PATH (Debian: apt-get install docker-registry)")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@contextmanager
def registry(
    folder: Path, *, port: int = 0, auth: Mapping[str, Any] | None = None, tls: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run a registry that keeps its blobs below a folder; `auth` is its configuration of who may come in."""
    started = start(program(), folder, port or free_port(), auth, tls)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def start(
    binary: str,
    folder: Path,
    port: int,
    auth: Mapping[str, Any] | None = None,
    tls: Mapping[str, str] | None = None,
) -> Running:
    """Start a registry and return once it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {
            "addr": f"127.0.0.1:{port}",
            "secret": "one secret for all its processes",
            **({"tls": tls} if tls else {}),
        },
        **({"auth": auth} if auth else {}),
    }
    file = folder / "config.yml"
    file.write_text(json.dumps(config))  # JSON is YAML
    log = (folder / "registry.log").open("ab")
    with log:
        process = subprocess.Popen(
            [binary, "serve", str(file)], stdout=log, stderr=log, env={**os.environ, "OTEL_TRACES_EXPORTER": "none"}
        )
    running = Running(f"127.0.0.1:{port}", folder / "data", process)

    def answers() -> bool:
        assert process.poll() is None, (folder / "registry.log").read_text()
        return running.ask("GET", "/v2/")[0] in (200, 400, 401)  # 400: it speaks TLS

    try:
        eventually(answers)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return running
