"""A small S3 server that breaks its word as a test tells it to."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape


@dataclass
class Faults:
    """How the server fails: `overwrites` ignores conditions; `answers` are statuses given instead, in order.

    With `after_writing`, an object is written before such an answer; `silent` is for how long it says nothing.
    """

    overwrites: bool = False
    forgets: bool = False
    hides: bool = False
    answers: list[int] = field(default_factory=list)
    code: str = ""
    after_writing: bool = False
    silent: threading.Event | None = None
    objects: dict[str, bytes] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Careless(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: ClassVar[Faults]

    def do_PUT(self) -> None:
        key, data = self._key(), self._body()
        with self.faults.lock:
            taken = key in self.faults.objects and self.headers.get("if-none-match") == "*"
            refused = taken and not self.faults.overwrites
            if not refused and (self.faults.after_writing or not self.faults.answers) and not self.faults.forgets:
                self.faults.objects[key] = data
            failing = self.faults.answers.pop(0) if self.faults.answers else 0
        if failing:
            self._say(failing, self.faults.code or "Planted")
        else:
            self._say(412 if refused else 200, "PreconditionFailed" if refused else "", b"")

    def do_GET(self) -> None:
        if self._fails():
            return
        if "list-type" in self.path:
            self._list()
        elif (data := self.faults.objects.get(self._key())) is None:
            self._say(404, "NoSuchKey")
        else:
            self._say(200, "", data)

    def do_POST(self) -> None:
        """Delete the objects that the body names."""
        body = self._body().decode()
        keys = [unescape(piece.partition("</Key>")[0]) for piece in body.split("<Key>")[1:]]
        for key in keys:
            self.faults.objects.pop(key, None)
        entries = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        self._say(200, "", f"<DeleteResult>{entries}</DeleteResult>".encode())

    def _list(self) -> None:
        prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
        found = [] if self.faults.hides else sorted(key for key in self.faults.objects if key.startswith(prefix))
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.faults.objects[key])}</Size><ETag>x</ETag>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key in found
        )
        text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
        self._say(200, "", text.encode())

    def _fails(self) -> bool:
        self._key()
        if self.faults.silent is not None:
            self.faults.silent.wait(60)
        if not self.faults.answers:
            return False
        self._say(self.faults.answers.pop(0), self.faults.code or "Planted")
        return True

    def _key(self) -> str:
        key = unquote(urlsplit(self.path).path).removeprefix("/bucket/")
        self.faults.seen.append((self.command, key))
        return key

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _say(self, status: int, code: str, data: bytes | None = None) -> None:
        content = f"<Error><Code>{code}</Code></Error>".encode() if code else data or b""
        self.send_response(status)
        self.send_header("etag", '"x"')
        self.send_header("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that the base class gives it
        pass


@contextmanager
def careless(faults: Faults) -> Iterator[dict[str, str]]:
    """Run the server; give the variables by which a process reaches it, at `s3://bucket`."""
    answering = type("Answering", (_Careless,), {"faults": faults})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answering)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        named = {"AWS_ACCESS_KEY_ID": "planted-key-id", "AWS_SECRET_ACCESS_KEY": "planted-secret/+key"}
        yield {**named, "AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1"}
    finally:
        if faults.silent is not None:
            faults.silent.set()
        server.shutdown()
        server.server_close()
        thread.join()
