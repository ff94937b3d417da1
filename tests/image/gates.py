"""A gate before a real registry: it lets everything through, but for what a test has planned; or it asks for tokens."""

from __future__ import annotations

import base64
import http.client
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Change = Callable[[bytes], bytes]


@dataclass(slots=True)
class Fault:
    """What happens to the next request of a method and path, once."""

    method: str
    path: str
    act: Callable[[Passing], None]


@dataclass(slots=True)
class Gate:
    """The gate: who is behind it, what is planned, and what it has seen."""

    behind: str
    user: str = ""
    password: str = ""
    host: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    scopes: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def plan(self, method: str, path: str, act: Callable[[Passing], None]) -> None:
        """Plan what happens once to a request whose path has this in it."""
        self.faults.append(Fault(method, path, act))

    def due(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.method == method and re.search(fault.path, path):
                    self.faults.remove(fault)
                    return fault
        return None

    def count(self, method: str, path: str) -> int:
        return len([one for one in self.seen if one[0] == method and re.search(path, one[1])])


class Passing(BaseHTTPRequestHandler):
    """One connection through the gate."""

    protocol_version = "HTTP/1.1"
    gate: Gate

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def handle_any(self) -> None:
        self.close_connection = True
        self.gate.seen.append((self.command, self.path))
        if urlsplit(self.path).path == "/token":
            self.give_token()
        elif self.gate.user and not self.has_token():
            realm = f'Bearer realm="http://{self.gate.host}/token",service="the registry"'
            self.answer(401, {"WWW-Authenticate": realm}, b'{"errors":[{"code":"UNAUTHORIZED"}]}')
        elif fault := self.gate.due(self.command, self.path):
            fault.act(self)
        else:
            self.pass_on()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = handle_any  # noqa: N815  # http.server's names

    def has_token(self) -> bool:
        return self.headers.get("Authorization", "").removeprefix("Bearer ") in self.gate.tokens

    def give_token(self) -> None:
        """Give a token for the user and password, and no other."""
        asked = parse_qs(urlsplit(self.path).query)
        wanted = base64.b64encode(f"{self.gate.user}:{self.gate.password}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            echoed = f"you sent {self.headers.get('Authorization')}"  # as careless servers do
            self.answer(401, {}, json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": echoed}]}).encode())
            return
        token = secrets.token_hex(16)
        self.gate.tokens.add(token)
        self.gate.scopes.extend(asked["scope"])
        self.answer(200, {}, json.dumps({"token": token}).encode())

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        """Answer without asking the registry."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    def read_body(self) -> bytes:
        size = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(size)
        self.gate.sent[self.command] = self.gate.sent.get(self.command, 0) + len(data)
        return data

    def ask(self, sent: Change = lambda data: data) -> tuple[int, dict[str, str], bytes]:
        """Ask the registry what was asked here."""
        connection = http.client.HTTPConnection(self.gate.behind, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name not in ("Authorization", "Connection")}
        connection.request(self.command, self.path, sent(self.read_body()) or None, headers)
        answer = connection.getresponse()
        found = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return found

    def pass_on(self, change: Change = lambda data: data, *, sent: Change = lambda data: data) -> None:
        """Let a request through; `change` is done to the body of its answer, and `sent` to its own."""
        status, headers, body = self.ask(sent)
        dropped = ("content-length", "connection", "transfer-encoding")
        kept = {name: value for name, value in headers.items() if name.lower() not in dropped}
        if self.command == "HEAD":
            kept["Content-Length"] = headers.get("Content-Length", "0")
        self.answer(status, kept, change(body))

    def cut(self, after: int = 0) -> None:
        """Take some of the body and end the connection."""
        self.rfile.read(after)
        self.connection.close()


@contextmanager
def gate(behind: str, *, user: str = "", password: str = "") -> Iterator[Gate]:
    """Open a gate before a registry; with a user it asks for tokens that only the password gets."""
    opened = Gate(behind, user, password)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Opened", (Passing,), {"gate": opened}))
    server.daemon_threads = True
    opened.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
