"""How a registry wants to be asked: its challenge, and the token or the password that answers it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from modelwright.errors import CredentialsError
from modelwright.image.answers import Answer, failed
from modelwright.image.credentials import Credentials
from modelwright.image.reference import is_loopback
from modelwright.masking import Mask

_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_CLIENT = "modelwright"
Ask = Callable[[str, str, Mapping[str, str], bytes | None], Answer]
"""Sends a request: method, address, headers, body."""


class Tokens:
    """Answers the challenges of one registry, and remembers what it was given for each scope."""

    def __init__(self, registry: str, credentials: Credentials | None, *, plain: bool) -> None:
        self.mask = Mask(credentials.secrets() if credentials else ())
        self._registry = registry
        self._credentials = credentials
        self._plain = plain
        self._known: dict[str, str] = {}

    def header(self, scope: str) -> str:
        """Return the `Authorization` for a scope, empty where none is known to be needed."""
        return self._known.get(scope, "")

    def answer(self, challenge: str, scope: str, ask: Ask) -> bool:
        """Answer a challenge; return False where there is nothing to answer it with, or nothing new."""
        kind, _, rest = challenge.strip().partition(" ")
        before = self._known.pop(scope, "")
        if kind.lower() == "basic":
            answer = self._basic()
        elif kind.lower() == "bearer":
            answer = f"Bearer {self._token(_parameters(rest), scope, ask)}"
        else:
            answer = ""
        if not answer or answer == before:
            return False
        self._known[scope] = answer
        self._remember(answer)
        return True

    def _basic(self) -> str:
        given = self._credentials
        if given is None or not given.username:
            return ""
        return "Basic " + base64.b64encode(f"{given.username}:{given.password}".encode()).decode()

    def _token(self, parameters: Mapping[str, str], scope: str, ask: Ask) -> str:
        realm = parameters.get("realm", "")
        self._check_realm(realm)
        named = {"service": parameters.get("service", ""), "scope": scope}
        if self._credentials is not None and self._credentials.identity_token:
            grant = {"grant_type": "refresh_token", "refresh_token": self._credentials.identity_token}
            form = urlencode({**grant, **named, "client_id": _CLIENT}).encode()
            answer = ask("POST", realm, {"Content-Type": "application/x-www-form-urlencoded"}, form)
        else:
            asked = [("service", named["service"]), *(("scope", one) for one in scope.split())]
            basic = self._basic()
            joint = "&" if urlsplit(realm).query else "?"
            answer = ask("GET", f"{realm}{joint}{urlencode(asked)}", {"Authorization": basic} if basic else {}, None)
        return self._read(answer)

    def _read(self, answer: Answer) -> str:
        if answer.status != 200:  # noqa: PLR2004  # HTTP's OK
            raise failed(answer, "asking for a token", self._registry, self.mask)
        try:
            document = json.loads(answer.body)
            token = document.get("token") or document.get("access_token")
        except (ValueError, AttributeError):
            token = None
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise CredentialsError("its token server answered without a token", where=self._registry)
        return token

    def _check_realm(self, realm: str) -> None:
        """Refuse to send credentials in clear to wherever the registry says."""
        parts = urlsplit(realm)
        in_clear = parts.scheme == "http" and (self._plain or is_loopback(parts.netloc))
        if parts.scheme != "https" and not in_clear:
            raise CredentialsError("it sends to a token server without TLS", where=self._registry)

    def _remember(self, answer: str) -> None:
        secrets = self._credentials.secrets() if self._credentials else ()
        self.mask = Mask([*secrets, *(known.partition(" ")[2] for known in self._known.values()), answer])


def _parameters(text: str) -> dict[str, str]:
    found = _PARAMETER.findall(text)
    return {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare for name, quoted, bare in found}
