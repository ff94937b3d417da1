"""The word that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `did you mean 'x'?` for the nearest choice, else the list of choices, else nothing."""
    known = sorted(set(choices))
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"one of: {', '.join(known)}" if known else ""
