"""Who may pass: the endpoint's bearer token, compared in constant time, and loopback host names only."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from modelwright.workload.serve.access import host_name

_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_ORIGINS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Gate:
    """The token that every request but a liveness probe carries."""

    token: bytes

    def refusal(self, fields: Mapping[bytes, bytes]) -> tuple[int, str] | None:
        """Return status and reason for a request that may not pass, None for one that may."""
        host = fields.get(b"host", b"").decode("latin-1")
        if host_name(host) not in _NAMES:
            return 421, f"this endpoint does not answer for {host!r}"
        origin = fields.get(b"origin")
        if origin is not None and _hostname(origin) not in _ORIGINS:
            return 403, "requests from other sites' pages are refused"
        scheme, _, given = fields.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self.token):
            return 401, "a bearer token is needed: authorization: Bearer <the endpoint's token>"
        return None


def _hostname(origin: bytes) -> str:
    try:
        return urlsplit(origin.decode("latin-1")).hostname or ""
    except ValueError:
        return ""
