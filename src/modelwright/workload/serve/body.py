"""Request bodies: bounded in size and time, unpacked within the same bound, and decoded strictly."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec

from modelwright.workload.serve.config import Limits
from modelwright.workload.serve.failure import RequestFailure

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_GZIP = 31
_DECODER = msgspec.json.Decoder()
_CLOSE = {"connection": "close"}
_LATER = {"retry-after": "1", "connection": "close"}
_HELD, _BODIES = 64 << 20, 8


class Intake:
    """Bytes of the bodies that are being received or answered, bounded over all connections of this process."""

    def __init__(self, body_bytes: int) -> None:
        self.held = 0
        self.most = max(_HELD, _BODIES * body_bytes)


class Share:
    """What one request holds of the intake, until it is answered."""

    __slots__ = ("_intake", "_size")

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._size = 0

    def take(self, size: int) -> None:
        """Count bytes that have come. Raises the 503 of a process that holds too many of them already."""
        self._size += size
        self._intake.held += size
        if self._intake.held > self._intake.most:
            raise RequestFailure(503, "too much is being received at once", headers=_LATER, code="MW1202")

    def release(self) -> None:
        """Give back what was taken."""
        self._intake.held -= self._size
        self._size = 0


class Gone(Exception):  # noqa: N818 (the client went away: there is nobody to tell)
    """The client closed the connection before its request was complete."""


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], limits: Limits, share: Share) -> bytes:
    """Return the body, unpacked, and count it. Raises 413, 408, 415, 503 or 400."""
    declared = headers.get(b"content-length")
    if declared is not None and int(declared) > limits.body_bytes:
        raise _too_large(limits.body_bytes)
    try:
        async with asyncio.timeout(limits.body_timeout):
            data = await _collect(receive, limits.body_bytes, share)
    except TimeoutError:
        raise RequestFailure(408, f"the body took more than {limits.body_timeout:g} s", headers=_CLOSE) from None
    plain = _unpacked(data, headers.get(b"content-encoding", b"identity").decode("latin-1").strip().lower(), limits)
    share.take(len(plain) - len(data))
    return plain


async def _collect(receive: Receive, limit: int, share: Share) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        share.take(len(body))
        return body
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        share.take(len(part))
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


def _too_large(limit: int) -> RequestFailure:
    return RequestFailure(413, f"the body is larger than {limit} bytes", headers=_CLOSE)


def _unpacked(data: bytes, encoding: str, limits: Limits) -> bytes:
    if encoding in {"identity", ""}:
        return data
    if encoding not in {"gzip", "x-gzip"}:
        raise RequestFailure(415, f"content-encoding {encoding!r} is not read; send gzip or none")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(data, limits.body_bytes + 1)
    except zlib.error as error:
        raise RequestFailure(400, f"the body is not gzip: {error}") from error
    if len(plain) > limits.body_bytes:
        raise RequestFailure(413, f"the body unpacks to more than {limits.body_bytes} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise RequestFailure(400, "the gzip body is cut short or has something after its end")
    return plain


def decode_json(data: bytes) -> Any:
    """Return the JSON document. Raises the 400 that says what is wrong and where."""
    try:
        return _DECODER.decode(data)
    except RecursionError:
        raise RequestFailure(400, "the JSON is nested too deeply") from None
    except (msgspec.DecodeError, ValueError) as error:
        hint = "; NaN and Infinity are not JSON: send null" if b"NaN" in data or b"Infinity" in data else ""
        raise RequestFailure(400, f"the body is not JSON: {error}{hint}") from None
