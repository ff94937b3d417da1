"""One repository of a registry, by the OCI distribution protocol: what is read from it is verified by its digest."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import IO, Literal

from modelwright.errors import IntegrityError
from modelwright.image.answers import Again, Answer, unreachable
from modelwright.image.blobs import PIECE, Descriptor, digest_of
from modelwright.image.credentials import CredentialSource, docker_credentials
from modelwright.image.manifests import INDEXES, MANIFEST, MANIFESTS
from modelwright.image.reference import Reference, is_loopback
from modelwright.image.transport import Transport
from modelwright.image.uploads import Upload

_ACCEPTED = ", ".join((*MANIFESTS, *INDEXES))
_OK, _PARTIAL, _NOT_FOUND = 200, 206, 404


class Repository:
    """A repository. TLS unless the registry is this machine or `plain_http` says that the network is one's own.

    `mounts_from` names another repository of the same registry whose blobs may be taken over without sending them;
    a blob of more than `chunk` bytes is sent in chunks, if that is given and the registry is known to take them.
    """

    def __init__(
        self,
        reference: Reference,
        *,
        credentials: CredentialSource = docker_credentials,
        plain_http: bool | None = None,
        writes: bool = False,
        mounts_from: str = "",
        chunk: int | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        plain = is_loopback(reference.registry) if plain_http is None else plain_http
        self.where = f"{reference.registry}/{reference.repository}"
        self._name = reference.repository
        self._mounts_from = mounts_from if mounts_from != reference.repository else ""
        self._chunk = chunk
        self._scope = f"repository:{self._name}:{'pull,push' if writes else 'pull'}"
        if self._mounts_from:
            self._scope += f" repository:{self._mounts_from}:pull"
        self._transport = Transport(reference.registry, credentials, plain=plain, pause=pause)

    def manifest(self, reference: str) -> tuple[str, bytes]:
        """Return the media type and the bytes of a manifest by its digest or tag; a digest is verified."""
        path = f"/v2/{self._name}/manifests/{reference}"
        answer = self._transport.call("GET", path, scope=self._scope, headers={"Accept": _ACCEPTED})
        if reference.startswith("sha256:") and digest_of(answer.body) != reference:
            raise IntegrityError(f"the manifest is not {reference}", where=self.where)
        return answer.headers.get("content-type", "").partition(";")[0].strip(), answer.body

    def digest(self, tag: str) -> str:
        """Return the digest that a tag has now. Raises `NotFoundError`."""
        return digest_of(self.manifest(tag)[1])

    def has(self, blob: Descriptor) -> bool:
        """Return whether a blob is there, with its size."""
        path = f"/v2/{self._name}/blobs/{blob.digest}"
        answer = self._transport.call("HEAD", path, scope=self._scope, fine={200, 302, 307, 404})
        if answer.status != _OK:
            return answer.status != _NOT_FOUND  # a redirect says that it is there, in a store of blobs
        return int(answer.headers.get("content-length", blob.size)) == blob.size

    @contextmanager
    def reading(self, blob: Descriptor) -> Iterator[Iterator[bytes]]:
        """Give a blob's bytes in pieces; where the connection ends early it goes on from there."""
        yield self._pieces(blob)

    def _pieces(self, blob: Descriptor) -> Iterator[bytes]:
        """Yield a blob's bytes; its size bounds them, and whoever takes them verifies their digest."""
        done = 0
        while done < blob.size:
            before = done
            try:
                for data in self._from(blob, done):
                    done += len(data)
                    yield data
            except Again as again:
                if done == before:
                    raise again.error from None
            if done == before:
                return  # it ends early, and says so: the digest will tell

    def _from(self, blob: Descriptor, start: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={start}-"} if start else {}
        path = f"/v2/{self._name}/blobs/{blob.digest}"

        with ExitStack() as stack:

            def opened() -> tuple[Answer, IO[bytes]]:
                found = self._transport.open("GET", path, scope=self._scope, headers=headers, fine={_OK, _PARTIAL})
                return stack.enter_context(found)

            answer, stream = self._transport.patiently(opened)
            try:
                if answer.status == _OK:
                    _skip(stream, start)  # it knows no ranges, and begins anew
                while data := stream.read(PIECE):
                    yield data
            except (OSError, http.client.HTTPException) as error:
                raise Again(unreachable(error, "reading a blob", self.where)) from error

    def add(
        self, blob: Descriptor, opened: Callable[[], AbstractContextManager[IO[bytes]]]
    ) -> Literal["there", "mounted", "pushed"]:
        """Bring a blob there. Return `there`, `mounted` or `pushed`."""
        if self.has(blob):
            return "there"
        upload = Upload(self._transport, self._name, self._scope, self._mounts_from, chunk=self._chunk)
        return upload.send(blob, opened)

    def add_manifest(self, data: bytes, tag: str = "") -> str:
        """Put a manifest, under its tag too, read it back, and return its digest."""
        digest = digest_of(data)
        for reference in filter(None, (digest, tag)):
            self._transport.call(
                "PUT",
                f"/v2/{self._name}/manifests/{reference}",
                scope=self._scope,
                headers={"Content-Type": MANIFEST},
                body=data,
                fine={200, 201, 202},
            )
            if self.manifest(reference)[1] != data:
                raise IntegrityError(f"the manifest that came back as {reference} is another one", where=self.where)
        return digest


def _skip(stream: IO[bytes], size: int) -> None:
    while size > 0 and (data := stream.read(min(size, PIECE))):
        size -= len(data)
