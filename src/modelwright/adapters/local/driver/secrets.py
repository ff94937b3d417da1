"""Secrets on this machine: environment variables of whoever runs modelwright, read at the last moment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from modelwright.assembly.value import reveal
from modelwright.errors import CredentialsError

PREFIX = "MODELWRIGHT_SECRET_"


def read_secret(name: str) -> str:
    """Return a secret's content. Raises `CredentialsError` naming the variable that should hold it."""
    variable = PREFIX + "".join(letter if letter.isalnum() else "_" for letter in name).upper()
    if variable not in os.environ:
        raise CredentialsError(f"secret {name!r} is not known on this machine", remedy=f"set {variable}")
    return os.environ[variable]


def revealed(env: Mapping[str, Any]) -> dict[str, str]:
    """Return environment variables with secrets in place of their names; never to be written anywhere."""
    return {name: str(value) for name, value in reveal(env, read_secret).items()}
