"""Who pulls and pushes: credentials from Docker's own config and its credential programs, or from whoever calls.

Secrets are left out of every repr, and nothing that a credential program prints is repeated.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelwright.errors import CredentialsError

_PATIENCE = 60
"""Seconds that a credential program may take: it may ask a cloud for a token."""
_PROGRAM = re.compile(r"[A-Za-z0-9._-]+")
_HUB = "registry-1.docker.io"
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io")
_TOKEN_USER = "<token>"  # noqa: S105  # what a credential program calls the user of an identity token
_NOT_FOUND = "credentials not found"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and password, or an identity token that is exchanged for one of the registry's."""

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    def secrets(self) -> tuple[str, ...]:
        """Return what must be shown nowhere, also as it is sent."""
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return tuple(text for text in (self.password, self.identity_token, pair if self.password else "") if text)


CredentialSource = Callable[[str], Credentials | None]
"""Returns the credentials of a registry's host, or None to ask without any."""


def anonymous(_registry: str) -> Credentials | None:
    """Return no credentials."""
    return None


def docker_credentials(registry: str, environ: Mapping[str, str] = os.environ) -> Credentials | None:
    """Return what `docker login` has left for a registry, None for nothing.

    Reads `config.json` in DOCKER_CONFIG or `~/.docker`, and asks the credential programs that it names. Raises
    `CredentialsError` for a config that cannot be read and a program that fails.
    """
    folder = environ.get("DOCKER_CONFIG") or str(Path("~/.docker").expanduser())
    path = Path(folder) / "config.json"
    document = _read(path)
    keys = (*_HUB_KEYS, registry) if registry == _HUB else (registry, f"https://{registry}", f"http://{registry}")
    programs = document.get("credHelpers") or {}
    for key in keys:
        program = programs.get(key) if isinstance(programs, dict) else None
        if program:
            return _asked(str(program), key, path)
    for key in keys:
        if store := document.get("credsStore"):
            found = _asked(str(store), key, path)
            if found:
                return found
    return _written(document.get("auths") or {}, keys, path)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CredentialsError(
            "Docker's config cannot be read", where=str(path), remedy="run `docker login`"
        ) from error
    if not isinstance(document, dict):
        raise CredentialsError("Docker's config is no JSON object", where=str(path), remedy="run `docker login`")
    return document


def _written(auths: Any, keys: tuple[str, ...], path: Path) -> Credentials | None:
    for key in keys:
        entry = auths.get(key) if isinstance(auths, dict) else None
        if not isinstance(entry, dict):
            continue
        token = str(entry.get("identitytoken") or "")
        username, password = str(entry.get("username") or ""), str(entry.get("password") or "")
        if entry.get("auth"):
            username, password = _decoded(str(entry["auth"]), key, path)
        if token or username:
            return Credentials(username, password, token)
    return None


def _decoded(text: str, key: str, path: Path) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise CredentialsError(
            f"the entry of {key} is no base64 of user:password", where=str(path), remedy=f"run `docker login {key}`"
        ) from None
    return username, password.rstrip("\0")


def _asked(program: str, key: str, path: Path) -> Credentials | None:
    name = f"docker-credential-{program}"
    if not _PROGRAM.fullmatch(program):
        raise CredentialsError(f"{program!r} is no name of a credential program", where=str(path))
    try:
        done = subprocess.run([name, "get"], input=key.encode(), capture_output=True, timeout=_PATIENCE, check=False)
    except FileNotFoundError as error:
        raise CredentialsError(
            f"{name} is not on the PATH", where=str(path), remedy=f"install it, or run `docker login {key}`"
        ) from error
    except subprocess.TimeoutExpired:
        raise CredentialsError(f"{name} did not answer within {_PATIENCE} s", where=str(path)) from None
    if done.returncode:
        if _NOT_FOUND in done.stdout.decode(errors="replace").lower():
            return None
        raise CredentialsError(f"{name} failed with status {done.returncode} for {key}", where=str(path))
    return _told(done.stdout, name, path)


def _told(output: bytes, name: str, path: Path) -> Credentials:
    try:
        document = json.loads(output)
        username, secret = str(document["Username"]), str(document["Secret"])
    except (ValueError, KeyError, TypeError):
        raise CredentialsError(f"{name} did not answer with a user and a secret", where=str(path)) from None
    if username == _TOKEN_USER:
        return Credentials(identity_token=secret)
    return Credentials(username, secret)
