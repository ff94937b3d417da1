"""The short way for ordinary requests: whole in one piece, of known length, one after another on a connection.

uvicorn's protocols cost three times as much as a prediction in a batch. What is ordinary is read here with one strict
pattern and answered with one write; at the first request that is anything else the connection is uvicorn's for good.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

KEEP_SECONDS = 75.0
_PIECE = 65_536
_AHEAD = 65_536
_HEAD = re.compile(
    rb"(POST|GET) (/[!\"$&'()*+,\-./0-9:;<=>@A-Z\[\\\]^_`a-z{|}~]{0,511}+) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}+: ?(?:[!-~][ -~]{0,4095}+)?\r\n){1,48}+)\r\n"
)
_FIELD = re.compile(rb"([^:\r]+): ?([^\r]*)\r\n")
_LENGTH = re.compile(rb"[0-9]{1,7}")
_UNUSUAL = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"connection"})
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

Message = MutableMapping[str, Any]
Fields = list[tuple[bytes, bytes]]


def read_ordinary(data: bytes) -> tuple[str, str, Fields, bytes] | None:
    """Return method, path, headers in lower case and body of bytes that are one ordinary request, else None."""
    found = _HEAD.match(data)
    if found is None or len(data) > _PIECE:
        return None
    fields = [(name.lower(), value.rstrip(b" ")) for name, value in _FIELD.findall(found[3])]
    known = dict(fields)
    body = data[found.end() :]
    if len(known) < len(fields) or not _UNUSUAL.isdisjoint(known) or not _fits(found[1], known, len(body)):
        return None
    return found[1].decode(), found[2].decode(), fields, body


def _fits(method: bytes, fields: dict[bytes, bytes], size: int) -> bool:
    length = fields.get(b"content-length")
    if length is None:
        return method == b"GET" and not size
    return _LENGTH.fullmatch(length) is not None and int(length) == size


class Lane(asyncio.Protocol):
    """To be mixed in before uvicorn's protocol and its bounds: takes what is ordinary, leaves them the rest."""

    app: Any
    tasks: set[asyncio.Task[Any]]
    cycle: Any
    flow: Any
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop

    _left = False
    _busy = False
    _last = False
    _ahead = b""
    _since = 0.0
    _watch: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Answer an ordinary request; what comes before its answer waits."""
        if self._busy:
            self._ahead += data
            if len(self._ahead) > _AHEAD:
                self.flow.pause_reading()
            return
        if not self._left:
            found = None if self.cycle is not None or self.flow.write_paused else read_ordinary(data)
            if found is not None and not self._last:
                self._begin(*found)
                return
            self._leave()
        super().data_received(data)

    def _begin(self, method: str, path: str, fields: Fields, body: bytes) -> None:
        self._busy = True
        if self._watch is None:  # the first request of this connection
            self._unset()  # type: ignore[attr-defined]  # of Patience, whose alarm is for connections that ask nothing
            self._watch = self.loop.call_later(KEEP_SECONDS, self._look)
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": fields,
        }
        task = self.loop.create_task(self._answer(scope, _Once(body)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, scope: Message, once: _Once) -> None:
        try:
            await self.app(scope, once.receive, once.send)
        finally:
            whole = once.response
            if whole and not self.transport.is_closing():
                self.transport.write(whole)
            self._end(last=not whole or once.last)

    def _end(self, *, last: bool) -> None:
        self._busy, self._since = False, self.loop.time()
        if last or self._last:
            self.transport.close()
            return
        ahead, self._ahead = self._ahead, b""
        if ahead:
            self.flow.resume_reading()
            self.data_received(ahead)

    def _leave(self) -> None:
        self._left = True
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look(self) -> None:
        """Close a connection that has been idle for long enough, else look again when that may be."""
        left = KEEP_SECONDS if self._busy else self._since + KEEP_SECONDS - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self._watch = self.loop.call_later(left, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; what it asked is answered into the void."""
        self._leave()
        self._ahead, self._last = b"", True
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close after the answer under way (uvicorn calls this when the server ends)."""
        self._last = True
        if not self._busy:
            super().shutdown()  # type: ignore[misc]  # of uvicorn's protocol


class _Once:
    """One request's side of ASGI: its body, whole, and its response, gathered into one piece."""

    __slots__ = ("_body", "_head", "last", "response")

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._head = b""
        self.response = b""
        self.last = False

    async def receive(self) -> Message:
        """Return the body, and after it that the client has nothing more to say."""
        body, self._body = self._body, None
        if body is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Take the response's start or its body."""
        if message["type"] == "http.response.start":
            fields = [b"%s: %s\r\n" % field for field in message["headers"]]
            self.last = any(name == b"connection" and value == b"close" for name, value in message["headers"])
            self._head = b"".join([_STATUS[message["status"]], *fields, b"\r\n"])
        else:
            self.response = self._head + message["body"]
