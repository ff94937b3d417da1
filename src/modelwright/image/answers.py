"""What a registry answers, and the error that an answer means: with its place, its reason and what to do."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from modelwright.errors import (
    CredentialsError,
    IntegrityError,
    ModelwrightError,
    NotFoundError,
    ProviderError,
    TransientError,
)
from modelwright.masking import Mask

MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_REASON = 200
_LOGIN = "log in with `docker login {host}`, or check what that user may do there"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request: status, headers with names in lower case, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Again(Exception):  # noqa: N818  # not an error: it says that a request may be repeated
    """A request that may be repeated, with the error that it is if it never succeeds; `after` is in seconds."""

    def __init__(self, error: ModelwrightError, after: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.after = after


def failed(answer: Answer, what: str, where: str, mask: Mask) -> ModelwrightError:
    """Return the error that an answer means."""
    host = where.partition("/")[0]
    reason = reason_of(answer.body, mask)
    told = f"{what}: {answer.status}{f', {reason}' if reason else ''}"
    if answer.status == 401:  # noqa: PLR2004  # HTTP's own number
        return CredentialsError(f"not logged in: {told}", where=where, remedy=_LOGIN.format(host=host))
    if answer.status == 403:  # noqa: PLR2004  # likewise
        return CredentialsError(f"denied: {told}", where=where, remedy=_LOGIN.format(host=host))
    if answer.status == 404:  # noqa: PLR2004  # likewise
        return NotFoundError(f"not found: {told}", where=where, remedy="check the repository, the tag and the digest")
    if reason.startswith("DIGEST_INVALID"):
        return IntegrityError(f"the bytes that arrived are others: {told}", where=where, remedy="run it again")
    if answer.status in MAY_PASS:
        return TransientError(f"the registry is in trouble: {told}", where=where, remedy="try again later")
    return ProviderError(f"the registry refused: {told}", where=where, remedy="its operators know why")


def reason_of(body: bytes, mask: Mask) -> str:
    """Return what a registry says went wrong, in one line without secrets; nothing where it says nothing."""
    try:
        errors = json.loads(body)["errors"]
        parts = [f"{one.get('code', '')} {one.get('message', '')}".strip() for one in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return mask.text(" ".join("; ".join(parts).split()))[:_LONGEST_REASON]


def unreachable(error: Exception, what: str, where: str) -> ModelwrightError:
    """Return the error of a registry that did not answer; one that no repeating helps is no `TransientError`."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        told = f"its certificate is not trusted: {cause.verify_message}"
        return ProviderError(told, where=where, remedy="name the authority's certificate in SSL_CERT_FILE")
    if isinstance(cause, ssl.SSLError) and cause.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST"}:
        return ProviderError("it does not speak TLS", where=where, remedy="if the network is yours alone: --plain-http")
    kind = type(cause).__name__ if isinstance(cause, Exception) else str(cause)
    detail = getattr(cause, "strerror", None) or kind
    return TransientError(
        f"the registry cannot be reached: {what}: {detail}", where=where, remedy="check the name and the network"
    )


def seconds_after(headers: Mapping[str, str]) -> float | None:
    """Return how long a registry asks to wait, in seconds; None where it does not say."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()) if text else None
    except (ValueError, TypeError):
        return None
