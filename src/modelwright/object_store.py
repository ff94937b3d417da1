"""Where documents live in a bucket: S3, Azure Blob Storage or Google Cloud Storage, reached through obstore.

Credentials come from the provider's own environment variables and never from the address. What a provider says when it
fails is reduced to its status and error code: the rest may repeat what was sent.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from modelwright.errors import (
    CredentialsError,
    ModelwrightError,
    NotFoundError,
    ProviderError,
    TransientError,
    UsageError,
)
from modelwright.store import check_key

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_CREATES = 5
_RETRIES = 4
_CONNECT = timedelta(seconds=5)
_TIMEOUT = timedelta(seconds=60)  # of one request; what is larger than 5 MiB is put in parts
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(milliseconds=50), timedelta(seconds=2)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_SERVER = re.compile(r"https?://[^/\s?]+")
_STATUS = re.compile(r"status code: (\d{3})|\(code: (\d{3})\)")
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")
_METADATA = ("169.254.", "/latest/api/token", "/computeMetadata/", "/metadata/identity", "Account must be specified")
"""Where obstore looks for the credentials of a machine when there are no others."""
_NO_BUCKET = frozenset({"NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"})
_BAD_CREDENTIALS = frozenset({"ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_RACING = "ConditionalRequestConflict"  # S3: another conditional write of the key is under way, its end unknown
_MAY_PASS = frozenset({408, 425, 429})
_SERVER_FAILS = 500


@dataclass(frozen=True, slots=True)
class _Provider:
    """What one kind of store is called, and the environment variables that it reads."""

    endpoints: tuple[str, ...]
    remedy: str


_PROVIDERS = {
    "s3": _Provider(
        ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
        "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (and AWS_SESSION_TOKEN for temporary credentials)",
    ),
    "az": _Provider(
        ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
        "set AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY or the variables of a service principal",
    ),
    "gs": _Provider((), "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account"),
}


class ObjectStore:
    """A `Store` in a bucket or container, below a prefix: create-only by the provider's own conditional write.

    `timeout` is that of one request. A request that fails in a way that may pass is sent up to five times.
    """

    def __init__(self, uri: str, *, timeout: timedelta = _TIMEOUT) -> None:
        parts = urlsplit(uri)
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise UsageError(
                f"an address of a store names a bucket and a prefix, nothing else: {parts.scheme}://<bucket>/<prefix>",
                remedy="credentials belong into environment variables; spell '?' and '#' as %3F and %23",
            )
        if not parts.netloc:
            raise UsageError(f"{uri!r} names no bucket", remedy=f"{parts.scheme}://<bucket>/<prefix>")
        self._scheme, self.bucket = parts.scheme, parts.netloc
        self.prefix = unquote(parts.path).strip("/")
        if self.prefix:
            check_key(self.prefix)
        self._timeout = timeout

    @property
    def uri(self) -> str:
        """The address that `open_store` accepts."""
        return f"{self._scheme}://{self.bucket}" + (f"/{quote(self.prefix)}" if self.prefix else "")

    def create(self, key: str, data: bytes) -> bool:
        """Write an object unless the key exists; return whether this call wrote it.

        When an attempt failed and its outcome is unknown, the bytes that are found there decide.
        """
        import obstore

        name, doubtful = self._name(key), False
        for attempt in range(1, _CREATES + 1):
            try:
                with self._translated():
                    obstore.put(self._single, name, data, mode="create", use_multipart=False)
            except _ExistsError as error:
                if not error.racing:
                    return doubtful and self.get(key) == data
            except TransientError:
                doubtful = True
                if attempt == _CREATES:
                    raise
            else:
                return True
            _pause(attempt)
        return doubtful and self.get(key) == data

    def put(self, key: str, data: bytes) -> None:
        """Write an object, replacing what was there, atomically."""
        import obstore

        with self._translated():
            obstore.put(self._client, self._name(key), data)

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, or None. A missing bucket is an error, not an empty store."""
        import obstore

        try:
            with self._translated():
                return bytes(obstore.get(self._client, self._name(key)).bytes())
        except FileNotFoundError:
            return None

    def keys(self, prefix: str = "") -> list[str]:
        """Return all keys below a prefix that ends in `/` (or all), sorted."""
        return [key for key, _ in self.sizes(prefix)]

    def sizes(self, prefix: str = "") -> list[tuple[str, int]]:
        """Return the keys below a prefix with their sizes in bytes, sorted."""
        import obstore

        below = self._name(prefix.rstrip("/")) if prefix.rstrip("/") else _escaped(self.prefix)
        start = len(_escaped(self.prefix)) + 1 if self.prefix else 0
        with self._translated():
            pages = obstore.list(self._client, below or None, chunk_size=1000)
            return sorted((unquote(found["path"][start:]), found["size"]) for page in pages for found in page)

    def delete(self, key: str) -> None:
        """Remove an object; it is no error when there is none."""
        import obstore

        try:
            with self._translated():
                obstore.delete(self._client, self._name(key))
        except FileNotFoundError:  # S3 does not say so, Azure does
            return

    def _name(self, key: str) -> str:
        check_key(key)
        return _escaped(f"{self.prefix}/{key}" if self.prefix else key)

    @cached_property
    def _client(self) -> Any:
        return self._open(_RETRIES)

    @cached_property
    def _single(self) -> Any:
        """The client of `create`, which has to know of each attempt."""
        return self._open(0)

    def _open(self, retries: int) -> Any:
        from obstore.store import from_url

        options: ClientConfig = {"timeout": self._timeout, "connect_timeout": _CONNECT}
        if self._is_local():
            options["allow_http"] = True
        patience: RetryConfig = {
            "max_retries": retries,
            "retry_timeout": self._timeout * 2,
            "backoff": {"init_backoff": _FIRST_PAUSE, "max_backoff": _LONGEST_PAUSE, "base": 2},
        }
        address = f"{self._scheme}://{self.bucket}"
        with self._translated():
            return from_url(address, client_options=options, retry_config=patience)

    def _is_local(self) -> bool:
        """Return whether the server is on this machine: then plain HTTP will do, as its own variable says elsewhere."""
        named = (os.environ.get(name, "") for name in _PROVIDERS[self._scheme].endpoints)
        return any(urlsplit(endpoint).hostname in _LOOPBACK for endpoint in named if endpoint)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise what a provider says as our own error; `FileNotFoundError` stays for a missing object."""
        from obstore.exceptions import AlreadyExistsError, BaseError

        try:
            yield
        except AlreadyExistsError as error:
            raise _ExistsError(racing=_RACING in str(error)) from None
        except FileNotFoundError as error:
            if _code(str(error)) not in _NO_BUCKET:
                raise
            raise self._failure("", str(error)) from None
        except BaseError as error:
            raise self._failure(type(error).__name__, str(error)) from None

    def _failure(self, kind: str, text: str) -> ModelwrightError:
        status, code = _status(text), _code(text)
        server = found[0] if (found := _SERVER.search(text)) else self.uri
        remedy = _PROVIDERS[self._scheme].remedy
        if code in _NO_BUCKET:
            return NotFoundError(f"there is no bucket {self.bucket!r}", where=self.uri,
                                 remedy="make it, or correct the address")  # fmt: skip
        if any(mark in text for mark in _METADATA):
            return CredentialsError("there are no credentials for this store", where=self.uri, remedy=remedy)
        refused = status in {401, 403} or kind in {"PermissionDeniedError", "UnauthenticatedError"}
        if refused or code in _BAD_CREDENTIALS or "Invalid Access Key" in text:
            said = " ".join(filter(None, (str(status or ""), code))) or "the account key is not one"
            return CredentialsError(f"the store refused the credentials ({said})", where=self.uri, remedy=remedy)
        if status is None and "HTTP error" in text:
            return TransientError(f"{server} cannot be reached, or did not answer in time", where=self.uri,
                                  remedy="check the network and the address, then run the command again")  # fmt: skip
        said = " ".join(filter(None, (str(status or ""), code))) or kind
        if status is not None and (status >= _SERVER_FAILS or status in _MAY_PASS):
            return TransientError(f"{server} fails ({said})", where=self.uri, remedy="run the command again later")
        return ProviderError(f"{server} refused the request ({said})", where=self.uri,
                             remedy="check the address of the store and its region")  # fmt: skip


class _ExistsError(Exception):
    """The key exists; `racing` where another write of it had not ended, so that it may yet not exist."""

    def __init__(self, *, racing: bool) -> None:
        super().__init__()
        self.racing = racing


def _status(text: str) -> int | None:
    found = _STATUS.search(text)
    return int(found[1] or found[2]) if found else None


def _code(text: str) -> str:
    found = _CODE.search(text)
    return found[1] if found else ""


def _escaped(key: str) -> str:
    """Return a key as obstore takes it: control characters, which providers refuse, as %XX, and % as %25."""
    return "".join(quote(sign) if sign == "%" or not sign.isprintable() else sign for sign in key)


def _pause(attempt: int) -> None:
    """Wait a random moment, longer with each attempt, so that the losers of a race do not all run again at once."""
    longest = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
    time.sleep(random.uniform(0, longest.total_seconds()))  # noqa: S311  # no secret
