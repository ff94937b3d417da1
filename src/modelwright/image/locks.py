"""A lock of requirements, `name==version --hash=sha256:…`, as `uv pip compile --generate-hashes` writes it.

Everything that is wrong with it is said at once. A lock that leaves anything open is refused: two builds would differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from modelwright.errors import InvalidProjectError, Problem
from modelwright.image.target import Target

_HASH = re.compile(r"--hash[= ]\s*(\S+)")
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host", "--no-index")
_IGNORED_OPTIONS = ("--only-binary", "--no-binary", "--require-hashes", "--prefer-binary")
_HOW = "write it by `uv pip compile --generate-hashes requirements.in -o requirements.lock`"


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution: its name as PyPI spells it, its version, its extras, and the sha256 of its files in hex."""

    name: str
    version: str
    hashes: frozenset[str]
    extras: frozenset[str] = frozenset()

    def line(self) -> str:
        """Return the pin as pip reads it."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{one}" for one in sorted(self.hashes))])


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock says for one target: the pins by name, and the options that say where files are had."""

    pins: dict[str, Pin]
    options: tuple[str, ...] = ()


def read_lock(text: str, target: Target, where: str) -> Lock:
    """Read a lock. Raises `InvalidProjectError` with every line that is not pinned by version and hash."""
    pins: dict[str, Pin] = {}
    options: list[str] = []
    problems: list[Problem] = []
    for number, line in _logical_lines(text):
        if line.startswith("-"):
            if line.startswith(_INDEX_OPTIONS):
                options.append(line)
            elif not line.startswith(_IGNORED_OPTIONS):
                problems.append(_problem(where, number, "an option that a lock cannot have", _HOW))
            continue
        try:
            pin = _pin(line, target)
        except ValueError as error:
            problems.append(_problem(where, number, str(error), _HOW))
            continue
        if pin is not None and pins.setdefault(pin.name, pin) != pin:
            problems.append(_problem(where, number, f"{pin.name} is pinned twice", "keep one, or part them by markers"))
    if problems:
        raise InvalidProjectError(problems)
    return Lock(pins, tuple(options))


def _problem(where: str, number: int, message: str, hint: str) -> Problem:
    return Problem("image.requirements", message, hint, file=where, line=number)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines without comments, with those that a backslash continues joined, and where each begins."""
    begun, parts = 0, list[str]()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = re.sub(r"(^|\s)#.*$", "", raw).strip()
        begun = begun if parts else number
        goes_on = line.endswith("\\")
        parts.append(line.removesuffix("\\").strip())
        if not goes_on:
            if whole := " ".join(filter(None, parts)):
                yield begun, whole
            parts = []
    if whole := " ".join(filter(None, parts)):
        yield begun, whole


def _pin(line: str, target: Target) -> Pin | None:
    """Return the pin of a line, None where it is for another target. Raises `ValueError` with what is wrong."""
    head, *_ = re.split(r"\s--", line, maxsplit=1)
    try:
        requirement = Requirement(head.strip())
    except InvalidRequirement:
        raise ValueError("is no requirement with a name and a version") from None
    name = canonicalize_name(requirement.name)
    pinned = [one for one in requirement.specifier if one.operator == "==" and not one.version.endswith(".*")]
    if requirement.url or len(pinned) != 1 or len(requirement.specifier) != 1:
        raise ValueError(f"{name} is not pinned to one version by ==")
    hashes = _HASH.findall(line)
    if not hashes or not all(_SHA256.fullmatch(one) for one in hashes):
        raise ValueError(f"{name} has no hash of the form --hash=sha256:…")
    if requirement.marker is not None and not requirement.marker.evaluate({**target.markers, "extra": ""}):
        return None
    found = frozenset(one.removeprefix("sha256:") for one in hashes)
    return Pin(name, pinned[0].version, found, frozenset(requirement.extras))


def lock_lines(pins: Iterable[Pin], options: Iterable[str]) -> str:
    """Return pins as a file that pip reads; their markers are decided already."""
    return "\n".join([*options, *(pin.line() for pin in pins), ""])
