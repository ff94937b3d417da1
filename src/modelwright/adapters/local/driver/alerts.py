"""Alerts of the local platform: nothing is sent, everything is written to the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from modelwright.canonical import canonical, timestamp
from modelwright.clock import Clock
from modelwright.store import DirectoryStore


class Outbox:
    """`<state>/outbox/<time>-<n>.json`, each written whole and never replaced."""

    def __init__(self, state: Path, clock: Clock) -> None:
        self._store = DirectoryStore(state / "outbox")
        self._clock = clock

    def notify(self, target: str, message: Mapping[str, Any]) -> None:
        """Write an alert for `email:<address>`, `webhook:<secret name>` or whatever else is named."""
        at = timestamp(self._clock.now())
        document = {"schema": "modelwright.alert/1", "to": target, "at": at, "message": message}
        data = canonical(document)
        compact = at.replace("-", "").replace(":", "").replace(".", "")
        for number in count(1):
            if self._store.create(f"{compact}-{number}.json", data):
                return
