"""The driver's line to an endpoint's router: start it, tell it to read its files again, ask what it has applied."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from modelwright.adapters.local.driver import processes
from modelwright.adapters.local.driver.address import ADDRESS, HOST, TOKEN
from modelwright.adapters.local.driver.secrets import known_secrets
from modelwright.adapters.local.router.variant import LOG, read_json, variants_of
from modelwright.errors import ProviderError, TransientError

NAME = "router"
READY = "router.json"
_START_SECONDS = 20.0
_TIMEOUT = 90.0
_OK = 200
_POOL = threading.local()


class RouterLink:
    """One endpoint's router, by the endpoint's folder."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._env = env

    def alive(self) -> bool:
        """Return whether the router's process runs."""
        return processes.alive(self._folder, NAME)

    def reload(self, *, start: bool) -> dict[str, Any]:
        """Have the router apply the files; with `start`, a router that is not running is started first.

        Raises `ProviderError` when it cannot be started and `TransientError` when it does not answer.
        """
        if start and not self.alive():
            self._start()
        return self._ask("POST", "/-/routing", self._secrets())

    def _secrets(self) -> bytes:
        """Return the secrets that the servers need, for a router that starts them again and keeps none in a file."""
        wanted = [variant.wanted() for variant in variants_of(self._folder)]
        found = {name: text for known in wanted if known for name, text in known_secrets(known["env"]).items()}
        return json.dumps({"secrets": found}).encode() if found else b""

    def routing(self) -> dict[str, Any] | None:
        """Return the applied routing and the servers' states, None when no router answers."""
        if not self.alive():
            return None
        try:
            return self._ask("GET", "/-/routing")
        except TransientError:
            return None

    def measures(self, since: str, until: str) -> dict[str, Any]:
        """Return the counts by variant for an interval."""
        return self._ask("GET", f"/-/measures?since={quote(since)}&until={quote(until)}")

    def drain(self, variant: str) -> None:
        """Return when a variant has answered all it was sent, or after a minute."""
        self._ask("POST", f"/-/drain?variant={quote(variant)}")

    def flush(self) -> dict[str, Any]:
        """Return when every server has written what it captured."""
        return self._ask("POST", "/-/flush")

    def changes(self) -> bool:
        """Wait until a router that does not listen has ended, or another one listens; return whether that happened."""
        before, listened = processes.identity(self._folder, NAME), self._port() is not None
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if processes.identity(self._folder, NAME) != before or (not listened and self._port() is not None):
                return True
            time.sleep(0.01)
        return False

    def stop(self) -> None:
        """End the router once it has answered what it was asked."""
        processes.stop(self._folder, NAME, 15.0)

    def _start(self) -> None:
        argv = [sys.executable, "-m", "modelwright.adapters.local.router", "--endpoint-dir", str(self._folder)]
        log = self._folder / LOG
        processes.spawn(argv, folder=self._folder, name=NAME, env=self._env, log=log)
        until = time.monotonic() + _START_SECONDS
        while self._port() is None:
            if not self.alive():
                raise ProviderError(f"the router ended as it started: {_last_line(log)}", where=str(log))
            if time.monotonic() > until:
                raise TransientError(f"the router did not start within {_START_SECONDS:g} s", where=str(log))
            time.sleep(0.01)

    def _port(self) -> int | None:
        """Return the port on which the process that runs now listens."""
        found = processes.identity(self._folder, NAME)
        said = read_json(self._folder / READY)
        if found and said is None and (self._folder / READY).exists():
            address = read_json(self._folder / ADDRESS) or {}  # what it said was cut short; this it keeps true
            return address.get("port") or None
        return int(said["port"]) if found and said and said.get("pid") == found.pid else None

    def _ask(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        port = self._port() or self._awaited_port()
        token = (self._folder / TOKEN).read_text().strip()
        try:
            status, _, answered = request(port, method, path, body, {"authorization": f"Bearer {token}"})
        except OSError as error:
            raise TransientError(f"the router does not answer: {error}", where=str(self._folder)) from error
        if status != _OK:
            raise ProviderError(
                f"the router refused {method} {path}: {status} {answered[:300].decode(errors='replace')}"
            )
        answer: dict[str, Any] = json.loads(answered)
        return answer

    def _awaited_port(self) -> int:
        """Return the port of a router that somebody else is starting right now. Raises `TransientError`."""
        until = time.monotonic() + _START_SECONDS
        while self.alive() and time.monotonic() < until:
            if (port := self._port()) is not None:
                return port
            time.sleep(0.01)
        raise TransientError("the router is not running", where=str(self._folder))


def request(
    port: int, method: str, path: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str], bytes]:
    """Send one request over a connection of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT)
    try:
        return _exchange(connection, method, path, body, headers)
    except http.client.HTTPException as error:
        raise ConnectionError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


def pooled_request(
    port: int, method: str, path: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str], bytes]:
    """Send one request over this thread's connection to a port; one that was closed meanwhile is opened again."""
    pool: dict[int, http.client.HTTPConnection] = getattr(_POOL, "connections", {})
    _POOL.connections = pool
    known = pool.pop(port, None)
    if known is not None:
        with contextlib.suppress(http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            answer = _exchange(known, method, path, body, headers)
            pool[port] = known
            return answer
        known.close()
    connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        answer = _exchange(connection, method, path, body, headers)
    except http.client.HTTPException as error:
        connection.close()
        raise ConnectionError(f"{type(error).__name__}: {error}") from error
    pool[port] = connection
    return answer


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str], bytes]:
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    data = response.read()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, data


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "it left no log"
    return lines[-1] if lines else "it left no log"
