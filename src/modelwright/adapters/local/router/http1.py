"""HTTP/1.1 as a router must read it: strictly, bounded, and never two ways (RFC 9112).

What could be read differently by the next hop is refused: two lengths, a length beside a transfer coding, folded
lines, blanks before a colon, bare line feeds, control characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

HEAD_LIMIT = 32_768
MOST_HEADERS = 100
_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~]{1,8192}) HTTP/1\.([01])\r\n")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)\r\n")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n\x00]{0,1024})?\r\n")
_CHUNK_LINE = 1_100
_ONCE = frozenset({b"host", b"content-length", b"transfer-encoding", b"authorization", b"x-modelwright-variant"})
_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
        b"trailer", b"transfer-encoding", b"upgrade", b"expect", b"content-length", b"x-modelwright-mirror",
    }
)  # fmt: skip


class BadRequest(Exception):  # noqa: N818 (an answer to the client)
    """A request that is answered with this status and closes its connection."""

    def __init__(self, status: int, message: str, code: str = "MW2207") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(slots=True)
class Head:
    """A request's line and headers; names in lower case. `length` is None for a chunked body."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    fields: dict[bytes, bytes]
    length: int | None
    keep_alive: bool
    size: int

    @property
    def path(self) -> bytes:
        """The target without its query."""
        return self.target.partition(b"?")[0]

    def forwarded(self, body: bytes, *, extra: bytes = b"") -> bytes:
        """Return the request as it is sent on: end-to-end headers and one length."""
        dropped = _HOP | _named_by_connection(self.fields)
        lines = [b"%s: %s\r\n" % pair for pair in self.headers if pair[0] not in dropped]
        start = b"%s %s HTTP/1.1\r\n" % (self.method, self.target)
        return b"".join([start, *lines, extra, b"content-length: %d\r\n\r\n" % len(body), body])


def _named_by_connection(fields: Mapping[bytes, bytes]) -> frozenset[bytes]:
    named = fields.get(b"connection")
    return frozenset(part.strip().lower() for part in named.split(b",")) if named else frozenset()


def parse_head(buffer: bytearray) -> Head | None:
    """Return the head at the start of a buffer, None while it is incomplete. Raises `BadRequest`."""
    end = buffer.find(b"\r\n\r\n", 0, HEAD_LIMIT)
    if end < 0:
        if len(buffer) >= HEAD_LIMIT:
            raise BadRequest(431, f"headers of more than {HEAD_LIMIT} bytes")
        _reject_early(buffer)
        return None
    block = bytes(buffer[: end + 2])
    line = _LINE.match(block)
    if line is None:
        raise BadRequest(400, "the request line is not HTTP/1.1")
    headers, fields = _headers(block, line.end())
    return _head(line, headers, fields, end + 4)


def _reject_early(buffer: bytearray) -> None:
    first = buffer[:1]
    if first and not (first.isalpha() or first == b"\r"):
        raise BadRequest(400, "this is not HTTP")


def _headers(block: bytes, position: int) -> tuple[list[tuple[bytes, bytes]], dict[bytes, bytes]]:
    headers: list[tuple[bytes, bytes]] = []
    fields: dict[bytes, bytes] = {}
    while position < len(block):
        found = _HEADER.match(block, position)
        if found is None:
            raise BadRequest(400, "a header is not a name, a colon and a value on one line")
        name, value = found[1].lower(), found[2].rstrip(b" \t")
        if name in fields and name in _ONCE:
            raise BadRequest(400, f"{name.decode()} is given twice")
        headers.append((name, value))
        fields[name] = value
        position = found.end()
    if len(headers) > MOST_HEADERS:
        raise BadRequest(431, f"more than {MOST_HEADERS} headers")
    return headers, fields


def _head(line: re.Match[bytes], headers: list[tuple[bytes, bytes]], fields: dict[bytes, bytes], size: int) -> Head:
    modern = line[3] == b"1"
    if modern and b"host" not in fields:
        raise BadRequest(400, "there is no Host")
    tokens = fields.get(b"connection", b"").lower()
    keep = b"close" not in tokens if modern else b"keep-alive" in tokens
    return Head(line[1], line[2], headers, fields, _length(fields, modern=modern), keep, size)


def _length(fields: Mapping[bytes, bytes], *, modern: bool) -> int | None:
    coding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    if coding is not None:
        if length is not None or not modern:
            raise BadRequest(400, "a transfer coding beside a length, or in HTTP/1.0")
        if coding.lower() != b"chunked":
            raise BadRequest(501, "the only transfer coding read is chunked")
        return None
    if length is None:
        return 0
    if not _LENGTH.fullmatch(length):
        raise BadRequest(400, "content-length is no number")
    return int(length)


@dataclass(slots=True)
class Chunks:
    """Unpacks a chunked body piece by piece; at most `limit` bytes of it."""

    limit: int
    body: bytearray = field(default_factory=bytearray)
    _left: int = 0
    _state: str = "size"

    def feed(self, buffer: bytearray) -> bool:
        """Take what there is from the buffer and return whether the body is complete. Raises `BadRequest`."""
        while True:
            if self._state == "data":
                if not self._take(buffer):
                    return False
            elif self._state == "trailer":
                return self._trailer(buffer)
            elif not self._size(buffer):
                return False

    def _size(self, buffer: bytearray) -> bool:
        found = _CHUNK.match(buffer)
        if found is None:
            if len(buffer) > _CHUNK_LINE or b"\n" in buffer[:_CHUNK_LINE]:
                raise BadRequest(400, "a chunk's size cannot be read")
            return False
        self._left = int(found[1], 16)
        if len(self.body) + self._left > self.limit:
            raise BadRequest(413, f"the body is larger than {self.limit} bytes")
        self._state = "data" if self._left else "trailer"
        del buffer[: found.end()]
        return True

    def _take(self, buffer: bytearray) -> bool:
        if len(buffer) < self._left + 2:
            return False
        if buffer[self._left : self._left + 2] != b"\r\n":
            raise BadRequest(400, "a chunk is longer than it says")
        self.body += buffer[: self._left]
        del buffer[: self._left + 2]
        self._state = "size"
        return True

    def _trailer(self, buffer: bytearray) -> bool:
        if buffer.startswith(b"\r\n"):
            del buffer[:2]
            return True
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(buffer) > HEAD_LIMIT:
                raise BadRequest(431, "trailers out of proportion")
            return False
        del buffer[: end + 4]
        return True


def response(status: int, body: bytes, headers: Mapping[str, str], *, close: bool = False) -> bytes:
    """Return a response of the router's own."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    end = "connection: close\r\n" if close else ""
    head = f"HTTP/1.1 {status} {_phrase(status)}\r\n{lines}content-length: {len(body)}\r\n{end}\r\n"
    return head.encode("latin-1") + body


def error(
    status: int, message: str, *, code: str = "MW1201", headers: Mapping[str, str] | None = None, close: bool = False
) -> bytes:
    """Return an error response in the JSON that the servers speak too."""
    body: dict[str, Any] = {"error": {"code": code, "message": message}}
    given = {"content-type": "application/json", **(headers or {})}
    return response(status, json.dumps(body).encode(), given, close=close)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
