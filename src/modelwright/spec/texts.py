"""What no text in a project may hold: secrets, and characters that some platform or document cannot carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from modelwright.errors import Problem
from modelwright.spec.inventory import ATOMS, parts
from modelwright.spec.problems import joined

_SECRETS = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "an API key": re.compile(r"\b(?:sk|rk|pk)[-_](?:[a-z]+[-_])*[A-Za-z0-9_-]{20,}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    "a Google API key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}"),
    "a Slack token or address": re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}|hooks\.slack\.com/services/T"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a password in an address": re.compile(r"[a-z][a-z0-9+.-]*://[^\s:/@]+:[^\s:/@]+@", re.IGNORECASE),
}
"""Shapes that leaked credentials have; a shape is enough, no entropy is guessed at."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def unfit_texts(value: Any, path: str = "") -> Iterator[Problem]:
    """Yield a problem for each text below a spec that holds a secret or a character that cannot be carried."""
    if isinstance(value, str):
        yield from (Problem(path, message, hint) for message, hint in _objections(value))
        return
    if type(value) in ATOMS:
        return
    for step, part in parts(value):
        yield from unfit_texts(part, joined(path, step))


def _objections(text: str) -> Iterator[tuple[str, str]]:
    for kind, pattern in _SECRETS.items():
        if pattern.search(text):
            # The text itself is not repeated: messages end up in logs.
            yield f"holds what looks like {kind}", 'store it with the platform and write Secret("its-name")'
            return
    if _CONTROL.search(text):
        yield "holds a control character or half of a character", "remove it"
