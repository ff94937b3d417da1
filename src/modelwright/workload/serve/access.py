"""Who may ask: a bearer token in constant time, and hosts by name so that no other site's page can (DNS rebinding)."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from modelwright.errors import UsageError
from modelwright.workload.serve.failure import RequestFailure

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::[0-9]{0,5})?")
TOKEN_FILE = "MODELWRIGHT_TOKEN_FILE"  # noqa: S105 (a variable's name)
HOST = "MODELWRIGHT_HOST"
ALLOWED_HOSTS = "MODELWRIGHT_ALLOWED_HOSTS"


@dataclass(frozen=True, slots=True)
class Access:
    """The token that requests must carry (None: none) and the host names they may ask for (None: any)."""

    token: bytes | None
    hosts: frozenset[str] | None

    def check_host(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise 421 for a Host, and 403 for an Origin, that is not ours."""
        if self.hosts is None:
            return
        host = headers.get(b"host", b"").decode("latin-1")
        if host_name(host) not in self.hosts:
            raise RequestFailure(421, f"this server does not answer for {host!r}")
        origin = headers.get(b"origin")
        if origin is not None and _origin_name(origin.decode("latin-1")) not in self.hosts:
            raise RequestFailure(403, "requests from other sites' pages are refused")

    def check_token(self, headers: Mapping[bytes, bytes]) -> None:
        """Raise 401 without the token."""
        if self.token is None:
            return
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self.token):
            raise RequestFailure(401, "a bearer token is needed", headers={"www-authenticate": "Bearer"}, code="MW1101")


def host_name(host: str) -> str:
    """Return a Host header's name without its port, in lower case; what is neither is returned whole."""
    found = _HOST.fullmatch(host)
    return (found[1] if found else host).lower()


def _origin_name(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def access_from_environment() -> Access:
    """Return the access that the environment declares: on loopback, only loopback names are answered.

    Raises `UsageError` for a token file that is empty or cannot be read.
    """
    named = os.environ.get(ALLOWED_HOSTS)
    on_loopback = os.environ.get(HOST, "127.0.0.1") in LOOPBACK
    hosts = frozenset(named.lower().split(",")) if named else (LOOPBACK if on_loopback else None)
    path = os.environ.get(TOKEN_FILE)
    if not path:
        return Access(None, hosts)
    try:
        token = Path(path).read_bytes().strip()
    except OSError as error:
        raise UsageError(f"the token file cannot be read: {error.strerror}", where=path) from error
    if not token:
        raise UsageError("the token file is empty", where=path)
    return Access(token, hosts)
