"""uvicorn's HTTP with bounds of its own: headers in bytes, and seconds until a request's headers are there.

uvicorn bounds headers with h11 but not with httptools, and waits for headers without end.
"""

from __future__ import annotations

import asyncio
from typing import Any

from modelwright.workload.serve.lane import Lane

HEAD_LIMIT = 32_768
FIRST_SECONDS = 20.0


def _refusal(status: bytes, message: bytes) -> bytes:
    body = b'{"error":{"code":"MW2207","message":"%s"}}' % message
    head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    return head % (status, len(body)) + body


_TOO_LARGE = _refusal(b"431 Request Header Fields Too Large", b"headers of more than 32768 bytes")
_TOO_SLOW = _refusal(b"408 Request Timeout", b"the request came too slowly")


class Patience(asyncio.Protocol):
    """Closes a connection on which nothing is asked within 20 s; answers 408 to headers that take longer than allowed.

    `head_seconds` is that time; it begins with the first byte of each request.
    """

    cycle: Any = None
    head_seconds = FIRST_SECONDS
    _alarm: asyncio.TimerHandle | None = None
    _begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection and set the alarm."""
        super().connection_made(transport)
        self._own: Any = transport
        self._set(FIRST_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._unset()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; the first ones of a request set the alarm, and its complete head takes it away."""
        if not self._begun and self._between():
            self._begun = True
            self._set(self.head_seconds)
        super().data_received(data)
        if not self._between():
            self._begun = False
            self._unset()

    def _between(self) -> bool:
        """Return whether no request's headers are complete that is not answered yet."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _set(self, seconds: float) -> None:
        self._unset()
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _unset(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _give_up(self) -> None:
        if self._between() and not self._own.is_closing():
            if self._begun:
                self._own.write(_TOO_SLOW)
            self._own.close()


class HeadBound(Patience):
    """Answers 431 to a head beyond 32 KiB; to be mixed with uvicorn's httptools protocol, whose callbacks it hears."""

    _reading_head = True
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Pass bytes on unless they belong to a head that has grown too large."""
        super().data_received(data)
        if self._reading_head:
            self._head += len(data)
            if self._head > HEAD_LIMIT and not self._own.is_closing():
                self._own.write(_TOO_LARGE)
                self._own.close()

    def on_message_begin(self) -> None:
        """Note that a head begins (httptools calls this)."""
        self._reading_head, self._head = True, 0
        super().on_message_begin()  # type: ignore[misc]  # of the class that this one is mixed with

    def on_headers_complete(self) -> None:
        """Note that a head is complete (httptools calls this)."""
        self._reading_head = False
        super().on_headers_complete()  # type: ignore[misc]  # likewise


def protocol_class(head_seconds: float = FIRST_SECONDS) -> type[asyncio.Protocol]:
    """Return the protocol for uvicorn's config: the lane, then httptools where it is installed, else h11."""
    members = {"head_seconds": head_seconds}
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return type("BoundedH11", (Lane, Patience, H11Protocol), members)
    return type("BoundedHttpTools", (Lane, HeadBound, HttpToolsProtocol), members)
