"""Secrets on this machine: environment variables of whoever runs modelwright, read at the last moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from modelwright.assembly.value import from_json, reveal, secrets
from modelwright.errors import CredentialsError
from modelwright.masking import CONFIDENTIAL

PREFIX = "MODELWRIGHT_SECRET_"


def read_secret(name: str) -> str:
    """Return a secret's content. Raises `CredentialsError` naming the variable that should hold it."""
    variable = PREFIX + "".join(letter if letter.isalnum() else "_" for letter in name).upper()
    if variable not in os.environ:
        raise CredentialsError(f"secret {name!r} is not known on this machine", remedy=f"set {variable}")
    return os.environ[variable]


def revealed(env: Mapping[str, Any], read: Callable[[str], str] = read_secret) -> dict[str, str]:
    """Return environment variables with secrets in place of their names; never to be written anywhere."""
    return {name: str(value) for name, value in reveal(env, read).items()}


def confidential(env: Mapping[str, Any]) -> dict[str, str]:
    """Return the variable that tells a process which of its variables are secret, if any is."""
    names = sorted(name for name, value in env.items() if isinstance(value, Mapping))
    return {CONFIDENTIAL: ",".join(names)} if names else {}


def known_secrets(env: Mapping[str, Any]) -> dict[str, str]:
    """Return the contents of the secrets that variables name, as far as they are known here."""
    found = {}
    for value in env.values():
        for name in secrets(from_json(value)) if isinstance(value, Mapping) else ():
            with suppress(CredentialsError):
                found[name] = read_secret(name)
    return found
