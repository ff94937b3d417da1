"""Sending a blob: mounted where the registry has it, else in one piece, or in chunks that go on where one was lost.

One piece is what every registry takes. Chunks are for those who know their registry: Amazon ECR accepts each and keeps
the first alone (aws/containers-roadmap#2831), and GitHub's takes 4 MiB at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import IO, Literal

from modelwright.errors import IntegrityError, ProviderError, TransientError
from modelwright.image.answers import Again, Answer
from modelwright.image.blobs import Descriptor
from modelwright.image.transport import Transport

_CREATED, _NOT_FOUND, _OUT_OF_RANGE = 201, 404, 416
_OCTETS = "application/octet-stream"
Opened = Callable[[], AbstractContextManager[IO[bytes]]]
"""Opens the bytes of a blob from their beginning, each time it is called."""


class _Piece:
    """A part of a stream, as the body of a request."""

    def __init__(self, stream: IO[bytes], start: int, size: int) -> None:
        stream.seek(start)
        self._stream = stream
        self._left = size

    def read(self, size: int = -1) -> bytes:
        """Read from the part."""
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


class Upload:
    """Uploads blobs to one repository."""

    def __init__(
        self, transport: Transport, name: str, scope: str, mounts_from: str, *, chunk: int | None = None
    ) -> None:
        self._transport = transport
        self._path = f"/v2/{name}/blobs/uploads/"
        self._where = f"{transport.registry}/{name}"
        self._scope = scope
        self._from = mounts_from
        self._chunk = chunk or 0

    def send(self, blob: Descriptor, opened: Opened) -> Literal["mounted", "pushed"]:
        """Send a blob and return `mounted` or `pushed`. Raises `IntegrityError` when it arrives as another one."""

        def attempt() -> Literal["mounted", "pushed"]:
            """Begin anew: what an earlier attempt sent is gone with its session."""
            begun = self._begin(blob)
            if begun.status == _CREATED:
                return "mounted"
            try:
                with opened() as stream:
                    self._transfer(blob, stream, self._location(begun))
            except _Lost:
                lost = TransientError("it forgot an upload", where=self._where, remedy="run it again")
                raise Again(lost) from None
            return "pushed"

        return self._transport.patiently(attempt)

    def _begin(self, blob: Descriptor) -> Answer:
        query = f"?mount={blob.digest}&from={self._from}" if self._from else ""
        return self._once("POST", f"{self._path}{query}", fine={201, 202})

    def _transfer(self, blob: Descriptor, stream: IO[bytes], location: str) -> None:
        done = 0
        if 0 < self._chunk < blob.size:
            while done < blob.size:
                location, done = self._patch(blob, stream, location, done)
        joint = "&" if "?" in location else "?"
        # The registry hashes what arrived and refuses it when that is another digest.
        rest = _Piece(stream, done, blob.size - done)
        answer = self._once(
            "PUT",
            f"{location}{joint}digest={blob.digest}",
            headers=_sized(blob.size - done),
            body=rest,
            fine={201, 204},
        )
        stored = answer.headers.get("docker-content-digest", blob.digest)
        if stored != blob.digest:
            raise IntegrityError(f"{blob.digest} arrived as {stored}", where=self._where)

    def _patch(self, blob: Descriptor, stream: IO[bytes], location: str, before: int) -> tuple[str, int]:
        """Send one chunk, and return where to send the next one and how much has arrived."""
        done, unsure = before, False

        def attempt() -> tuple[str, int]:
            nonlocal location, done, unsure
            if unsure:
                location, done = self._standing(location)
                unsure = False
            size = min(self._chunk, blob.size - done)
            if not size:
                return location, done
            unsure = True
            headers = {**_sized(size), "Content-Range": f"{done}-{done + size - 1}"}
            answer = self._once("PATCH", location, headers=headers, body=_Piece(stream, done, size), fine={202, 416})
            if answer.status == _OUT_OF_RANGE:
                raise Again(ProviderError("it wants another part of a blob than it said", where=self._where))
            return self._location(answer), _arrived(answer, done + size)

        found, arrived = self._transport.patiently(attempt)
        if not before < arrived <= blob.size:
            told = f"it holds {arrived:,} bytes of a blob of {blob.size:,} after a chunk"
            raise ProviderError(told, where=self._where, remedy="it cannot take chunks: send in one piece")
        return found, arrived

    def _standing(self, location: str) -> tuple[str, int]:
        """Return where an upload goes on and how much has arrived. Raises `_Lost` when its session is gone."""
        answer = self._once("GET", location, fine={204, 404})
        # Registries say 0-0 of an upload without a byte too: whether one has arrived cannot be told.
        if answer.status == _NOT_FOUND or answer.headers.get("range", "0-0").endswith("0-0"):
            raise _Lost
        return answer.headers.get("location", location), _arrived(answer, 0)

    def _location(self, answer: Answer) -> str:
        location = answer.headers.get("location", "")
        if not location:
            raise ProviderError("it does not say where to send a blob", where=self._where)
        return location

    def _once(
        self,
        method: str,
        path: str,
        *,
        fine: set[int],
        headers: Mapping[str, str] | None = None,
        body: _Piece | None = None,
    ) -> Answer:
        return self._transport.once(method, path, scope=self._scope, headers=headers, body=body, fine=fine)


class _Lost(Exception):  # noqa: N818  # not an error: the blob is sent from its beginning
    """An upload whose session the registry has forgotten."""


def _sized(size: int) -> dict[str, str]:
    return {"Content-Length": str(size), "Content-Type": _OCTETS}


def _arrived(answer: Answer, otherwise: int) -> int:
    """Return how many bytes an upload has, from its `Range: 0-N`."""
    found = re.fullmatch(r"(?:bytes=)?0-(\d+)", answer.headers.get("range", ""))
    return int(found[1]) + 1 if found else otherwise
