"""The router's side towards one server: pooled connections, requests under way, and what became of each.

A pooled connection may have been closed by the server just when it is used again. A request that was sent over such a
connection and got not one byte of an answer is sent once more over a new one; no other request is sent twice.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from modelwright.adapters.local.router.http1 import HEAD_LIMIT

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)[ \t]*\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)
_CODING = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_IDLE = 64
HOST = "127.0.0.1"

Done = Callable[["Exchange"], None]


@dataclass(slots=True, eq=False)
class Exchange:
    """One request sent to one server; `status` 0 and `reason` when there was no answer."""

    request: bytes
    done: Done
    deadline: float
    started: float = field(default_factory=time.perf_counter)
    status: int = 0
    head: bytes = b""
    body: bytes = b""
    reason: str = ""
    resent: bool = False
    unsent: bool = False
    finished: bool = False

    def finish(self, reason: str = "") -> None:
        """Report the outcome, once."""
        if not self.finished:
            self.finished = True
            self.reason = reason
            self.done(self)


class _Connection(asyncio.Protocol):
    """One connection to the server; at most one request at a time."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._end: int | None = None
        self.exchange: Exchange | None = None
        self.used = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not of asyncio's class

    def send(self, exchange: Exchange) -> None:
        """Send a request; its outcome is reported to the exchange."""
        assert self._transport is not None
        self.exchange = exchange
        self._transport.write(exchange.request)

    @property
    def usable(self) -> bool:
        """Whether the connection is still open, as far as we know."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:  # an answer to nothing
            self.close()
            return
        self._buffer += data
        if not exchange.head and not self._read_head(exchange):
            return
        if self._end is not None and len(self._buffer) >= self._end:
            self._complete(exchange, bytes(self._buffer[: self._end]))

    def _read_head(self, exchange: Exchange) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > HEAD_LIMIT:
                self._fail("the server's headers are out of proportion")
            return False
        head = bytes(self._buffer[: end + 4])
        status = _STATUS.match(head)
        if status is None or _CODING.search(head):
            self._fail("the server's answer cannot be read")
            return False
        del self._buffer[: end + 4]
        exchange.status, exchange.head = int(status[1]), head
        length = _LENGTH.search(head)
        self._end = int(length[1]) if length else None
        return True

    def _complete(self, exchange: Exchange, body: bytes) -> None:
        exchange.body = body
        reusable = len(self._buffer) == len(body) and not _CLOSE.search(exchange.head)
        self._buffer.clear()
        self.exchange, self._end, self.used = None, None, True
        if reusable:
            self._upstream.free(self)
        else:
            self.close()
        self._upstream.left(exchange)
        exchange.finish()

    def _fail(self, reason: str) -> None:
        exchange, self.exchange = self.exchange, None
        self.close()
        if exchange is not None:
            self._upstream.left(exchange)
            exchange.status = 0
            exchange.finish(reason)

    def abandon(self) -> None:
        """Give up the request under way, because it took too long."""
        self._fail("timeout")

    def connection_lost(self, exc: Exception | None) -> None:
        exchange, self.exchange = self.exchange, None
        self._upstream.lost(self)
        if exchange is None:
            return
        if exchange.head and self._end is None and exc is None:
            exchange.body = bytes(self._buffer)
            self._upstream.left(exchange)
            exchange.finish()
        elif self.used and not exchange.resent and not self._buffer and not exchange.head:
            exchange.resent = True
            self._upstream.resend(exchange)
        else:
            exchange.status = 0
            self._upstream.left(exchange)
            exchange.finish("the server closed the connection without an answer")


class Upstream:
    """The connections to one server process, on one port."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self.pending: set[Exchange] = set()
        self.refused = False
        self._leaving = False

    def send(self, exchange: Exchange) -> None:
        """Send a request over a pooled connection or a new one."""
        self.pending.add(exchange)
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                connection.send(exchange)
                return
        self._dial(exchange)

    def resend(self, exchange: Exchange) -> None:
        """Send a request again, over a new connection."""
        self._dial(exchange)

    def _dial(self, exchange: Exchange) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(exchange))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, exchange: Exchange) -> None:
        try:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(lambda: _Connection(self), HOST, self.port)
        except OSError as error:
            self.refused = exchange.unsent = True
            self.left(exchange)
            exchange.finish(f"the server does not listen: {error.strerror or error}")
            return
        self.refused = False
        self._open.add(connection)
        if exchange.finished:
            self.free(connection)
        else:
            connection.send(exchange)

    def free(self, connection: _Connection) -> None:
        """Take a connection back into the pool."""
        if len(self._idle) < _IDLE and connection.usable and not self._leaving:
            self._idle.append(connection)
        else:
            connection.close()

    def lost(self, connection: _Connection) -> None:
        """Forget a closed connection."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def left(self, exchange: Exchange) -> None:
        """Count a request as over."""
        self.pending.discard(exchange)

    def expire(self, now: float) -> None:
        """Give up requests whose deadline has passed."""
        for connection in [c for c in self._open if c.exchange is not None and c.exchange.deadline < now]:
            connection.abandon()

    def leave(self) -> None:
        """Send nothing more; what is under way is still awaited."""
        self._leaving = True
        while self._idle:
            self._idle.pop().close()

    def close(self) -> None:
        """Close all connections; what is under way is reported as unanswered."""
        for connection in list(self._open):
            connection.close()
