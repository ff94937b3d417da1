"""The results that a monitor has written so far, and the writing of new ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from modelwright.store import Store
from modelwright.workload.monitor.captures import Origin
from modelwright.workload.monitor.result import SHADOW, Result, result_of
from modelwright.workload.monitor.windows import Window


@dataclass(slots=True)
class _Revisions:
    """The keys of one check's results for one window and version, by revision."""

    keys: dict[int, list[str]] = field(default_factory=dict)


class Stored:
    """An index over `results/<monitor>/`: by window and check, then by version."""

    def __init__(self, store: Store, monitor: str) -> None:
        self._store = store
        self._places: dict[tuple[str, str], dict[str, _Revisions]] = {}
        self._read: dict[str, Result] = {}
        for key in store.keys(f"results/{monitor}/"):
            self._add(key)

    def has(self, window: Window, base: str) -> bool:
        """Return whether some version has a result of a check."""
        return (window.key, base) in self._places

    def newest(self, window: Window, base: str, origin: Origin) -> Result | None:
        """Return one result of the newest revision of which every part was written, None where there is none.

        A check has one result per column; they were all made from the same rows, and each says how many they are.
        """
        found = self._places.get((window.key, base), {}).get(_folder(origin), _Revisions()).keys
        for revision in sorted(found, reverse=True):
            one = self._load(found[revision][0])
            if len(found[revision]) >= one.parts:
                return one
        return None

    def next_revision(self, window: Window, base: str, origin: Origin) -> int:
        """Return the number of the next revision; 0 again if the first was not written to its end."""
        if self.newest(window, base, origin) is None:
            return 0
        return max(self._places[window.key, base][_folder(origin)].keys) + 1

    def listing(self, window: Window, base: str) -> str | None:
        """Return the listing that all versions' newest results of a check were made from, None if they differ."""
        folders = self._places.get((window.key, base), {})
        found = [self.newest(window, base, _origin(folder)) for folder in folders]
        listings = {None if each is None else each.listing for each in found}
        return listings.pop() if len(listings) == 1 else None

    def write(self, results: Sequence[Result]) -> list[Result]:
        """Store results that are not there yet, and return those."""
        written = []
        for result in results:
            if self._store.create(result.key, result.to_bytes()):
                self._read[result.key] = result
                written.append(result)
            self._add(result.key)
        return written

    def _add(self, key: str) -> None:
        *_, start, folder, name = key.split("/")
        stem, _, number = name.removesuffix(".json").rpartition(".")
        if not number.isdecimal():
            return
        revisions = self._places.setdefault((start, stem.partition(".")[0]), {}).setdefault(folder, _Revisions())
        keys = revisions.keys.setdefault(int(number), [])
        if key not in keys:
            keys.append(key)

    def _load(self, key: str) -> Result:
        if key not in self._read:
            data = self._store.get(key)
            assert data is not None  # it was listed, and results are never deleted one by one
            self._read[key] = result_of(json.loads(data), "")
        return self._read[key]


def _folder(origin: Origin) -> str:
    return f"{origin[0]}-{SHADOW}" if origin[1] else f"{origin[0]}"


def _origin(folder: str) -> Origin:
    version, _, shadow = folder.partition("-")
    return int(version), bool(shadow)
