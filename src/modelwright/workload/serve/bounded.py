"""uvicorn's HTTP with bounds of its own: headers in bytes, and seconds until a connection's first request is there.

uvicorn bounds headers with h11 but not with httptools, and waits for a first request without end.
"""

from __future__ import annotations

import asyncio
from typing import Any

HEAD_LIMIT = 32_768
FIRST_SECONDS = 20.0
_BODY = b'{"error":{"code":"MW2207","message":"headers of more than 32768 bytes"}}'
_REFUSAL = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


class Patience(asyncio.Protocol):
    """Closes a connection whose first request has not begun in 20 s."""

    cycle: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection and set the alarm."""
        super().connection_made(transport)
        self._own: Any = transport
        self._alarm = asyncio.get_running_loop().call_later(FIRST_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._alarm.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if self.cycle is None:
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
                self._own.write(_REFUSAL)
                self._own.close()

    def on_message_begin(self) -> None:
        """Note that a head begins (httptools calls this)."""
        self._reading_head, self._head = True, 0
        super().on_message_begin()  # type: ignore[misc]  # of the class that this one is mixed with

    def on_headers_complete(self) -> None:
        """Note that a head is complete (httptools calls this)."""
        self._reading_head = False
        super().on_headers_complete()  # type: ignore[misc]  # likewise


def protocol_class() -> type[asyncio.Protocol]:
    """Return the protocol for uvicorn's config: over httptools where it is installed, else over h11."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol

        return type("BoundedH11", (Patience, H11Protocol), {})
    return type("BoundedHttpTools", (HeadBound, HttpToolsProtocol), {})
