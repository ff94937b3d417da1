"""Once a day of the decision clock, every stream's head is written down: a witness of what a stream's end was."""

from __future__ import annotations

from modelwright.canonical import timestamp
from modelwright.ledger.heads import FOLDER, write_heads
from modelwright.lifecycle.platform import LivePlatform


def advance_witness(platform: LivePlatform) -> None:
    """Write the heads if this day has none yet. Raises `IntegrityError` when one written down before is lost."""
    day = timestamp(platform.now())[:10]
    if platform.store.get(f"{FOLDER}{day}.json") is None:
        write_heads(platform.store, platform.clock)
