"""Text that comes from outside, made fit for a page: no terminal escapes, no control characters, nothing of HTML."""

from __future__ import annotations

import re
from html import escape as html_escape

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")


def clean(text: object) -> str:
    """Return text without terminal escapes, control characters and marks that turn the direction of writing."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", _ESCAPE.sub("", str(text)))


def escape(text: object) -> str:
    """Return text as HTML that says just this text."""
    return html_escape(clean(text))
