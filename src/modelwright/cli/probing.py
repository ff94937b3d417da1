"""Probe a store: does it keep what every decision relies on? Only objects of the probe's own are touched."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from modelwright.cli.checkup import Finding
from modelwright.errors import ModelwrightError, UnsafeStoreError
from modelwright.store import Store

FOLDER = "probes"
_WRITERS = 8
_NAMES = _ONE, _RACE = "one", "race"
_UNSAFE = "keep the control store elsewhere; `modelwright explain MW2301` says where"


@dataclass(slots=True)
class Probe:
    """What probing a store has shown; `refusal` is why it cannot be used."""

    store: Store
    findings: list[Finding] = field(default_factory=list)
    refusal: ModelwrightError | None = None

    def run(self) -> Probe:
        """Ask the store for each of its promises, remove what was written for it, and return this probe."""
        folder = f"{FOLDER}/{uuid.uuid4().hex}"
        try:
            for check, kept, otherwise in _promises(self.store, folder):
                self._note(check, kept, otherwise)
        except ModelwrightError as error:
            self.refusal = self.refusal or error
            self.findings.append(Finding("store", "problem", f"{self.store.uri}: {error.message}", error.remedy))
        except OSError as error:
            found = f"{self.store.uri} cannot be used: {error.strerror or error}"
            self.findings.append(Finding("store", "problem", found, "make room, or change its owner or permissions"))
        self._tidy(folder)
        return self

    def _note(self, check: str, kept: str, otherwise: str) -> None:
        if not otherwise:
            self.findings.append(Finding(f"store: {check}", "ok", kept))
            return
        self.findings.append(Finding(f"store: {check}", "problem", otherwise, _UNSAFE))
        broken = f"{check}: {otherwise}"
        message = broken if self.refusal is None else f"{self.refusal.message}\n{broken}"
        self.refusal = UnsafeStoreError(message, where=self.store.uri, remedy=_UNSAFE)

    def _tidy(self, folder: str) -> None:
        """Remove the probe's objects; one who may not remove them is told where they lie."""
        for name in _NAMES:  # by name: the listing may be what is wrong
            with suppress(OSError, ModelwrightError):
                self.store.delete(f"{folder}/{name}")
        try:
            left = self.store.keys(f"{folder}/")
        except (OSError, ModelwrightError):
            return  # a store that cannot be listed has been refused already
        if not left:
            self.findings.append(Finding("store: delete", "ok", "the probe left nothing behind"))
        elif self.refusal is None:
            found = f"{len(left)} objects of the probe could not be removed from {folder}/"
            self.findings.append(Finding("store: delete", "warning", found, "remove them, or have it done"))


def _promises(store: Store, folder: str) -> Iterator[tuple[str, str, str]]:
    """Yield each promise, in words, and how the store breaks it: nothing where it keeps it."""
    key = f"{folder}/{_ONE}"
    first = store.create(key, b"first")
    found = store.get(key) if first else None
    yield "read", "what was written is there at once", "" if found == b"first" else "what was just written is not there"
    listed = store.keys(f"{folder}/")
    yield "list", "a listing shows it", "" if listed == [key] else "a listing leaves out what was just written"
    second, kept = store.create(key, b"second"), store.get(key)
    refused = not second and kept == b"first"
    yield "create only", "the second create of a name is refused", "" if refused else _overwritten(kept)
    yield "one winner", f"{_WRITERS} writers at once: one has the name", _race(store, f"{folder}/{_RACE}")
    store.put(key, b"third")
    yield "replace", "a put replaces", "" if store.get(key) == b"third" else "a put leaves the old bytes"


def _overwritten(kept: bytes | None) -> str:
    if kept == b"second":
        return "the second create of a name overwrote the first, so two people could both decide"
    return "the second create of a name was taken for done, so two people could both decide"


def _race(store: Store, key: str) -> str:
    with ThreadPoolExecutor(_WRITERS) as pool:
        won = list(pool.map(lambda number: store.create(key, b"%d" % number), range(_WRITERS)))
    winners = [number for number, wrote in enumerate(won) if wrote]
    if len(winners) != 1:
        return f"{Counter(won)[True]} of {_WRITERS} writers were told that the name is theirs"
    return "" if store.get(key) == b"%d" % winners[0] else "the name does not hold what its winner wrote"
