"""UUIDs of version 7 (RFC 9562): sorted by the time they were made, for captured rows and requests."""

from __future__ import annotations

import os
import time


def uuid7() -> str:
    """Return a new UUID: 48 bits of Unix milliseconds, then version, variant and 74 random bits."""
    return uuids7(1)[0]


def uuids7(count: int) -> list[str]:
    """Return `count` new UUIDs of this millisecond."""
    moment = f"{time.time_ns() // 1_000_000:012x}"
    noise = os.urandom(10 * count).hex()
    return [_spell(moment, noise[20 * index : 20 * index + 20]) for index in range(count)]


def _spell(moment: str, noise: str) -> str:
    variant = "89ab"[int(noise[3], 16) & 3]
    return f"{moment[:8]}-{moment[8:]}-7{noise[:3]}-{variant}{noise[4:7]}-{noise[7:19]}"


def share(identifier: str) -> float:
    """Return where an id falls in [0, 1): the same for everybody who asks, uniform over ids."""
    tail = identifier[-8:]
    try:
        return int(tail, 16) / 2**32
    except ValueError:
        return int.from_bytes(identifier.encode()[-4:].rjust(4, b"\0")) / 2**32
