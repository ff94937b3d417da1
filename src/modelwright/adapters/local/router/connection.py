"""The router's side towards one client: whole requests in, answers out, in order, within bounds of size and time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

from modelwright.adapters.local.router import http1
from modelwright.adapters.local.router.http1 import BadRequest, Chunks, Head

if TYPE_CHECKING:
    from modelwright.adapters.local.router.router import Router

HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
IDLE_SECONDS = 75.0
_READ_AHEAD = 65_536
_CLOSE = b"connection: close\r\n"


class ClientConnection(asyncio.Protocol):
    """One client. A pipelined request waits until the one before it is answered."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._head: Head | None = None
        self._chunks: Chunks | None = None
        self._busy = False
        self._closing = False
        self._keep = True
        self._held = 0
        self._since = time.monotonic()
        self._paused = False
        self._unread = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection (asyncio calls this)."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not of asyncio's class
        self._router.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; what it asked is answered into the void."""
        del exc
        self._closing = True
        self._router.clients.discard(self)
        self._hold(0)

    def pause_writing(self) -> None:
        """Read nothing more from a client that does not take its answers."""
        self._unread = True

    def resume_writing(self) -> None:
        """Go on with what the client has asked meanwhile."""
        self._unread = False
        if self._buffer and not self._busy:
            self._advance()

    def data_received(self, data: bytes) -> None:
        """Take bytes; while a request is under way at most 64 KiB are read ahead."""
        if self._closing:
            return
        if not self._buffer and self._head is None and not self._busy:
            self._since = time.monotonic()
        self._buffer += data
        if not self._busy:
            self._advance()
        waits = self._busy or self._unread
        if waits and len(self._buffer) > _READ_AHEAD and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True

    def _advance(self) -> None:
        """Read as much of the next request as there is, and hand it on when it is whole."""
        try:
            while not (self._busy or self._closing or self._unread):
                if self._head is None and not self._begin():
                    return
                body = self._body()
                if body is None:
                    return
                self._hand_on(body)
        except BadRequest as failure:
            self._refuse(failure)

    def _begin(self) -> bool:
        while self._buffer.startswith(b"\r\n"):
            del self._buffer[:2]
        head = http1.parse_head(self._buffer) if self._buffer else None
        if head is None:
            return False
        del self._buffer[: head.size]
        self._head = head
        limit = self._router.fleet.body_bytes
        if head.length is not None and head.length > limit:
            raise BadRequest(413, f"the body is larger than {limit} bytes")
        self._chunks = Chunks(limit) if head.length is None else None
        if head.length != 0:
            self._router.admit(head)
            if head.fields.get(b"expect", b"").lower() == b"100-continue" and self._transport is not None:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _body(self) -> bytes | None:
        assert self._head is not None
        if self._chunks is not None:
            whole = self._chunks.feed(self._buffer)
            self._hold(len(self._chunks.body) + len(self._buffer))
            return bytes(self._chunks.body) if whole else None
        length = self._head.length or 0
        if len(self._buffer) < length:
            self._hold(len(self._buffer))
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _hold(self, size: int) -> None:
        """Count what this connection keeps in memory, for the bound over all connections."""
        self._router.held += size - self._held
        self._held = size
        if size and self._router.held > self._router.held_limit:
            raise BadRequest(503, "too much is being received at once")

    def _hand_on(self, body: bytes) -> None:
        head = self._head
        assert head is not None
        self._head, self._chunks = None, None
        self._busy, self._keep = True, head.keep_alive
        self._hold(len(body))
        self._router.handle(head, body, self)

    def _refuse(self, failure: BadRequest) -> None:
        headers = {503: {"retry-after": "1"}, 401: {"www-authenticate": "Bearer"}}.get(failure.status)
        self._closing = True
        self._hold(0)
        if self._transport is not None:
            code = "MW1202" if failure.status == 503 else failure.code  # noqa: PLR2004 (HTTP: unavailable)
            self._transport.write(http1.error(failure.status, failure.message, code=code, headers=headers, close=True))
            self._buffer.clear()
            self._transport.close()

    def answer(self, response: bytes) -> None:
        """Send the response to the request under way, and go on to the next one."""
        if self._closing or self._transport is None:
            return
        self._busy = False
        self._hold(0)
        self._since = time.monotonic()
        last = not self._keep or self._router.stopping
        if last and b"\r\nconnection: close" not in response[:4096]:
            at = response.index(b"\r\n") + 2
            response = response[:at] + _CLOSE + response[at:]
        self._transport.write(response)
        if last:
            self._closing = True
            self._transport.close()
            return
        if self._paused:
            self._transport.resume_reading()
            self._paused = False
        if self._buffer:
            self._advance()

    @property
    def busy(self) -> bool:
        """Whether a request of this client is under way."""
        return self._busy

    @property
    def _head_seconds(self) -> float:
        return min(HEAD_SECONDS, self._router.fleet.body_seconds)

    def expire(self, now: float) -> None:
        """Close a connection that is idle, and refuse a request that comes too slowly."""
        if self._busy or self._closing or self._transport is None:
            return
        waited = now - self._since
        if self._head is None and not self._buffer:
            if waited > IDLE_SECONDS or self._router.stopping:
                self._closing = True
                self._transport.close()
        elif waited > (self._head_seconds if self._head is None else self._router.fleet.body_seconds):
            self._refuse(BadRequest(408, "the request came too slowly"))
