"""The load: so many connections, each of which asks again as soon as it is answered, from a core of its own.

`wrk` where it is on PATH, else this file as a script. Either checks nothing but the status; `Target.probability` checks
the answer before and after.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.process import ROOT, environment, run

_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True, slots=True)
class Target:
    """One server's address, what to send it, and where in its answer the probability of class 1 stands."""

    port: int
    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    read: Callable[[Any], float]

    @property
    def data(self) -> bytes:
        """The request's body."""
        return json.dumps(self.body).encode()

    def probability(self) -> float:
        """Ask once and return what the server answers. Raises `OSError` where it does not."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.path}", self.data, {"content-type": "application/json", **self.headers}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (likewise)
            return self.read(json.load(answer))


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: requests a second, milliseconds, and how many were not answered with 200."""

    rate: float
    p50: float
    p99: float
    failed: int


def generator() -> str:
    """Return which generator is used here."""
    return "wrk, one thread" if shutil.which("wrk") else "bench/load.py (asyncio, one process)"


def put_on(target: Target, *, connections: int, seconds: float, core: int) -> Load:
    """Load a server from one core. Raises `SideFailedError` when the generator fails."""
    pinned = ["taskset", "-c", str(core)] if shutil.which("taskset") else []
    if shutil.which("wrk"):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(_lua(target))
            script.flush()
            counts = ["-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "--timeout", "30s", "-s", script.name]
            return _read_wrk(_said([*pinned, "wrk", *counts, f"http://127.0.0.1:{target.port}{target.path}"]))
    given = {"port": target.port, "request": _request(target).decode(), "connections": connections, "seconds": seconds}
    said = run([*pinned, sys.executable, "-m", "bench.load", json.dumps(given)], cwd=ROOT).said
    return Load(**said)


def _lua(target: Target) -> str:
    headers = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in target.headers.items())
    kind = 'wrk.headers["content-type"] = "application/json"'
    return f'wrk.method = "POST"\n{kind}\n{headers}wrk.body = [==[{target.data.decode()}]==]\n'


def _said(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment()).stdout


def _read_wrk(text: str) -> Load:
    def latency(share: str) -> float:
        found = re.search(rf"\s{share}%\s+([\d.]+)(us|ms|s|m)\s", text)
        assert found is not None, text
        return float(found[1]) * _UNITS[found[2]]

    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rate is not None, text
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    lost = sum(map(int, errors.groups())) if errors else 0
    return Load(float(rate[1]), latency("50"), latency("99"), (int(failed[1]) if failed else 0) + lost)


def _request(target: Target) -> bytes:
    headers = {"host": f"127.0.0.1:{target.port}", "content-type": "application/json", **target.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {target.path} HTTP/1.1\r\n{lines}content-length: {len(target.data)}\r\n\r\n".encode() + target.data


class _Asker(asyncio.Protocol):
    """One connection: sends, takes the whole answer, sends again until the time is over."""

    def __init__(self, request: bytes, until: float, took: list[float]) -> None:
        self._request, self._until, self._took = request, until, took
        self._buffer, self._start = b"", 0.0
        self.failed = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._ask()

    def _ask(self) -> None:
        self._start = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE) if end else None
        if length is None or len(body) < int(length[1]):
            return
        now = time.perf_counter()
        self._took.append(now - self._start)
        self.failed += not head.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.failed += exc is not None or time.perf_counter() < self._until
        if not self.over.done():
            self.over.set_result(None)


async def _loaded(port: int, request: str, connections: int, seconds: float) -> Load:
    loop, start = asyncio.get_running_loop(), time.perf_counter()
    times: list[float] = []
    askers = []
    for _ in range(connections):
        _, asker = await loop.create_connection(
            lambda: _Asker(request.encode(), start + seconds, times), "127.0.0.1", port
        )
        askers.append(asker)
    await asyncio.gather(*(asker.over for asker in askers))
    spent = time.perf_counter() - start
    times.sort()
    failed = sum(asker.failed for asker in askers)
    return Load(len(times) / spent, times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3, failed)


def main() -> None:
    """Put the load on that the argument describes; print what came of it."""
    found = asyncio.run(_loaded(**json.loads(sys.argv[1])))
    print(json.dumps({"rate": found.rate, "p50": found.p50, "p99": found.p99, "failed": found.failed}))


if __name__ == "__main__":
    main()
