"""Requests to a registry: TLS, redirects without credentials, and patience that ends."""

from __future__ import annotations

import http.client
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Protocol, TypeVar, cast
from urllib.parse import urljoin, urlsplit

from modelwright.errors import ProviderError
from modelwright.image.answers import MAY_PASS, Again, Answer, failed, seconds_after, unreachable
from modelwright.image.blobs import PIECE
from modelwright.image.credentials import CredentialSource
from modelwright.image.manifests import LARGEST
from modelwright.image.reference import is_loopback
from modelwright.image.tokens import Tokens

T = TypeVar("T")


class Readable(Protocol):
    """A stream as a request's body; its length stands in the request's headers."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes."""
        ...


Body = bytes | Readable | None
ATTEMPTS = 6
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds: the first pause is at most this long, each next one at most twice the one before."""
_LONGEST_ASKED = 120.0
"""Seconds: who asks to wait longer is not waited for."""
_TIMEOUT = 60.0
_UNAUTHORIZED = 401


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects of GET, never from TLS to plain HTTP; what is not redirected stays behind."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request to send next, None to leave it at this answer."""
        if req.get_method() == "HEAD":
            return None  # what a store of blobs signed for GET is refused to HEAD
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise urllib.error.URLError("it redirects from TLS to plain HTTP")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Transport:
    """Sends the requests of one registry. `pause` waits for seconds between attempts."""

    def __init__(
        self,
        registry: str,
        credentials: CredentialSource,
        *,
        plain: bool,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.registry = registry
        self.base = f"{'http' if plain else 'https'}://{registry}"
        self._tokens = Tokens(registry, credentials(registry), plain=plain)
        self._pause = pause
        direct = [urllib.request.ProxyHandler({})] if is_loopback(registry) else []
        self._opener = urllib.request.build_opener(_Redirects, *direct)
        self._opener.addheaders = [("User-Agent", "modelwright")]

    def call(
        self,
        method: str,
        path: str,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        fine: frozenset[int] | set[int] = frozenset({200}),
    ) -> Answer:
        """Send a request until it succeeds or no repeating helps. Raises the error that its last answer means."""
        return self.patiently(lambda: self.once(method, path, scope=scope, headers=headers, body=body, fine=fine))

    def patiently(self, attempt: Callable[[], T]) -> T:
        """Return what an attempt returns, repeated with full jitter while it raises `Again`."""
        for number in range(ATTEMPTS):
            try:
                return attempt()
            except Again as again:
                if number == ATTEMPTS - 1 or (again.after or 0) > _LONGEST_ASKED:
                    raise again.error from None
                most = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**number)
                self._pause((again.after or 0) + random.uniform(0, most))  # noqa: S311  # jitter, no secret
        raise AssertionError  # unreachable: the last attempt returns or raises

    def once(
        self,
        method: str,
        path: str,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        fine: frozenset[int] | set[int] = frozenset({200}),
    ) -> Answer:
        """Send a request once, and once more where the registry asks who we are. Raises `Again` where that may help.

        A stream as body cannot be sent again: its 401 is an `Again` as well.
        """
        with self.open(method, path, scope=scope, headers=headers, body=body, fine=fine) as (answer, response):
            return Answer(answer.status, answer.headers, _bounded(response, self._where(path)))

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        scope: str,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        fine: frozenset[int] | set[int] = frozenset({200}),
    ) -> Iterator[tuple[Answer, IO[bytes]]]:
        """Send a request and give its answer and the stream of its body. Raises as `once` does."""
        url = urljoin(self.base, path)
        own = urlsplit(url)[:2] == urlsplit(self.base)[:2]
        what = f"{method} {urlsplit(url).path}"
        answer, response = self._sent(method, url, headers or {}, body, what, self._tokens.header(scope) if own else "")
        challenge = answer.headers.get("www-authenticate", "")
        if answer.status == _UNAUTHORIZED and own and self._tokens.answer(challenge, scope, self._ask):
            response.close()
            if body is not None and not isinstance(body, bytes):
                raise Again(failed(answer, what, self._where(path), self._tokens.mask), 0)
            answer, response = self._sent(method, url, headers or {}, body, what, self._tokens.header(scope))
        with response:
            if answer.status not in fine:
                said = Answer(answer.status, answer.headers, _bounded(response, self._where(path)))
                error = failed(said, what, self._where(path), self._tokens.mask)
                if answer.status in MAY_PASS:
                    raise Again(error, seconds_after(answer.headers))
                raise error
            yield answer, response

    def _sent(
        self, method: str, url: str, headers: Mapping[str, str], body: Body, what: str, authorization: str
    ) -> tuple[Answer, IO[bytes]]:
        if urlsplit(url).scheme not in ("https", urlsplit(self.base).scheme):
            raise ProviderError("it sends from TLS to plain HTTP", where=self.registry)
        request = urllib.request.Request(url, data=cast("Any", body), headers=dict(headers), method=method)  # noqa: S310  # the scheme is checked above
        if authorization:
            request.add_unredirected_header("Authorization", authorization)
        try:
            response = self._opener.open(request, timeout=_TIMEOUT)
        except urllib.error.HTTPError as error:
            return Answer(error.code, _lower(error.headers)), error
        except (OSError, http.client.HTTPException) as error:
            raise _lost(error, what, self.registry) from error
        return Answer(response.status, _lower(response.headers)), response

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request to a token server."""
        secret = headers.get("Authorization", "")
        rest = {name: value for name, value in headers.items() if name != "Authorization"}
        answer, response = self._sent(method, url, rest, body, "asking for a token", secret)
        with response:
            said = Answer(answer.status, answer.headers, _bounded(response, self.registry))
        if answer.status in MAY_PASS:
            raise Again(
                failed(said, "asking for a token", self.registry, self._tokens.mask), seconds_after(said.headers)
            )
        return said

    def _where(self, path: str) -> str:
        name = urlsplit(path).path.removeprefix("/v2/")
        for part in ("/blobs/", "/manifests/"):
            name = name.partition(part)[0]
        return f"{self.registry}/{name}"


def _lost(error: Exception, what: str, registry: str) -> Exception:
    found = unreachable(error, what, registry)
    return Again(found) if found.code == "MW1202" else found


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _bounded(response: IO[bytes], where: str) -> bytes:
    """Return a body of bounded size."""
    found = bytearray()
    try:
        while data := response.read(PIECE):
            found += data
            if len(found) > LARGEST:
                raise ProviderError(f"an answer of more than {LARGEST:,} bytes", where=where)
    except (OSError, http.client.HTTPException) as error:
        raise _lost(error, "reading its answer", where) from error
    return bytes(found)
