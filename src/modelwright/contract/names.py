"""Physical names: readable, short enough, derived from what is named and from nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from modelwright.errors import UsageError

_HASH = 8
"""Characters of base32: 40 bits, so that 10,000 names of one account collide with a chance of 5 in 100,000."""


def physical_name(identity: tuple[str, ...], *, limit: int = 32) -> str:
    """Return a name of `a-z 0-9 -` for a tuple such as (project, environment, resource, part).

    The hash of the whole tuple ends it, so that cut or joined parts never meet. Raises `UsageError` for a limit that
    leaves no room.
    """
    if limit < _HASH + 2:
        raise UsageError(f"a physical name needs at least {_HASH + 2} characters, not {limit}")
    hashed = base64.b32encode(hashlib.sha256(json.dumps(identity).encode()).digest()).decode().lower()[:_HASH]
    readable = re.sub(r"[^a-z0-9]+", "-", "-".join(filter(None, identity)).lower()).strip("-")
    return f"{readable[: limit - _HASH - 1].rstrip('-')}-{hashed}"
