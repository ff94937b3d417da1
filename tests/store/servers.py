"""Real servers of object storage on loopback: moto for S3, Azurite for Azure Blob Storage."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.waiting import eventually

AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # public
_ACCOUNT = "devstoreaccount1"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket on a server: its address, and the variables by which a process reaches it."""

    uri: str
    environment: Mapping[str, str]

    def below(self) -> str:
        """Return the address of a prefix that nobody else writes."""
        return f"{self.uri}/{uuid.uuid4().hex}"


def azurite() -> str | None:
    """Return the program `azurite-blob`, from the PATH or MODELWRIGHT_AZURITE, or None."""
    return os.environ.get("MODELWRIGHT_AZURITE") or shutil.which("azurite-blob")


_ONE_AT_A_TIME = Path(__file__).with_name("one_at_a_time.py")


@contextmanager
def s3_bucket(folder: Path, *, with_credentials: bool = False) -> Iterator[Bucket]:
    """Start moto with a bucket; with `with_credentials` it checks keys, and accepts none."""
    with _listening([sys.executable, str(_ONE_AT_A_TIME)], folder / "moto.log",
                    INITIAL_NO_AUTH_ACTION_COUNT="1" if with_credentials else "inf") as port:  # fmt: skip
        server = f"http://127.0.0.1:{port}"
        _ask(urllib.request.Request(f"{server}/bucket", method="PUT"))
        named = {"AWS_ACCESS_KEY_ID": "planted-key-id", "AWS_SECRET_ACCESS_KEY": "planted-secret/+key"}
        yield Bucket("s3://bucket", {**named, "AWS_ENDPOINT_URL": server, "AWS_REGION": "us-east-1"})


@contextmanager
def azure_container(program: str, folder: Path) -> Iterator[Bucket]:
    """Start Azurite with a container."""
    flags = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with _listening([program, "--blobHost", "127.0.0.1", *flags], folder / "azurite.log", port="--blobPort") as port:
        server = f"http://127.0.0.1:{port}/{_ACCOUNT}"
        _ask(_container_request(server, "container"))
        named = {"AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": AZURITE_KEY}
        yield Bucket("az://container", {**named, "AZURE_STORAGE_ENDPOINT": server})


@contextmanager
def _listening(argv: list[str], log: Path, *, port: str = "-p", **environment: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*argv, port, str(number)], stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
    try:
        eventually(lambda: _answers(server, number, log), within=120)
        yield number
    finally:
        server.terminate()
        server.wait(30)


def _answers(server: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"the server ended: {log.read_text(errors='replace')[-2000:]}")
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    return True


def _ask(request: urllib.request.Request) -> None:
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status in {200, 201}


def _container_request(server: str, name: str) -> urllib.request.Request:
    """Return the signed request that makes a container (Azure's shared key scheme of 2015)."""
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    named = f"x-ms-date:{date}\nx-ms-version:2023-11-03\n/{_ACCOUNT}/{_ACCOUNT}/{name}\nrestype:container"
    text = "PUT" + "\n" * 12 + named
    signed = hmac.new(base64.b64decode(AZURITE_KEY), text.encode(), hashlib.sha256).digest()
    headers = {"x-ms-date": date, "x-ms-version": "2023-11-03", "Content-Length": "0"}
    headers["Authorization"] = f"SharedKey {_ACCOUNT}:{base64.b64encode(signed).decode()}"
    return urllib.request.Request(f"{server}/{name}?restype=container", method="PUT", headers=headers)
