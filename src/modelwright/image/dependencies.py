"""The layer of dependencies: the wheels of a lock side by side, and a proof that the lock lacks none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from modelwright.errors import InvalidProjectError, Problem
from modelwright.image.blobs import BlobFolder
from modelwright.image.build import PACKAGES
from modelwright.image.installing import installed
from modelwright.image.layers import Entry, Layer, write_layer
from modelwright.image.locks import Lock, Pin
from modelwright.image.target import Target
from modelwright.image.wheels import Wheel, open_wheel

TITLE = "dependencies"


def dependencies_layer(
    wheels: Mapping[str, Path], lock: Lock, target: Target, blobs: BlobFolder
) -> tuple[Layer, tuple[str, ...]]:
    """Write the layer of a lock's wheels, and return it with what a person should know of it.

    Raises `InvalidProjectError` naming each distribution that a wheel needs and the lock lacks.
    """
    with ExitStack() as stack:
        opened = [stack.enter_context(open_wheel(wheels[name])) for name in sorted(wheels)]
        if missing := list(_missing({wheel.name: wheel for wheel in opened}, lock.pins, target)):
            raise InvalidProjectError(missing)
        entries, notes = _merged(opened)
        return write_layer(TITLE, entries, blobs), tuple(notes)


def _merged(wheels: Iterable[Wheel]) -> tuple[list[Entry], list[str]]:
    """Return the entries of all wheels; of a file that two bring, the later one's, as when they are installed."""
    entries: dict[str, tuple[Entry, str, str]] = {}
    notes: list[str] = []
    for wheel in wheels:
        for entry, digest in installed(wheel):
            _, known, owner = entries.get(entry.path, (None, digest, ""))
            if known != digest:
                notes.append(f"{wheel.name} replaces {entry.path.removeprefix(f'{PACKAGES}/')} of {owner}")
            entries[entry.path] = entry, digest, wheel.name
            inside = entry.path.removeprefix(f"{PACKAGES}/")
            if inside.endswith(".pth") and "/" not in inside:
                notes.append(f"{inside} of {wheel.name} is not read: packages lie on PYTHONPATH in the image")
    return [entry for entry, _, _ in entries.values()], notes


def _missing(wheels: Mapping[str, Wheel], pins: Mapping[str, Pin], target: Target) -> Iterator[Problem]:
    waiting = [(name, extra) for name, pin in pins.items() for extra in ("", *pin.extras)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen or name not in wheels:
            continue
        seen.add((name, extra))
        for needed in needs(wheels[name].requires, target, extra):
            found = canonicalize_name(needed.name)
            waiting += [(found, one) for one in needed.extras]
            if found not in pins:
                yield Problem("image.requirements", f"{name} needs {needed.name}, which the lock lacks", _LOCK)
            elif not needed.specifier.contains(pins[found].version, prereleases=True):
                told = f"{name} needs {needed.name}{needed.specifier}, and the lock has {pins[found].version}"
                yield Problem("image.requirements", told, _LOCK)


_LOCK = "lock again, with all that is needed: uv pip compile --generate-hashes"


def needs(requires: Iterable[str], target: Target, extra: str = "") -> Iterator[Requirement]:
    """Yield the requirements that hold for a target, with an extra or without any."""
    for text in requires:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({**target.markers, "extra": extra}):
            yield requirement
