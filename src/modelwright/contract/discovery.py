"""Finds adapters through entry points, the built-in ones by the same door as those of other distributions."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from modelwright.contract.adapter import Adapter
from modelwright.errors import ModelwrightError, UnknownAdapterError, did_you_mean

GROUP = "modelwright.adapters"


@dataclass(frozen=True, slots=True)
class Installed:
    """An adapter as its entry point announces it, before anything of it is loaded."""

    name: str
    distribution: str
    version: str


def announced() -> tuple[Installed, ...]:
    """Return every announced adapter, by name; one that two distributions claim stands twice."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, _distribution(point)))
    return tuple(
        Installed(point.name, _distribution(point), point.dist.version if point.dist else "") for point in points
    )


def installed() -> dict[str, str]:
    """Return the names of the installed adapters, each with the distribution that brings it."""
    return {
        point.name: _distribution(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)
    }


def find_adapter(name: str) -> Adapter:
    """Return the adapter of a name.

    Raises `UnknownAdapterError` naming the installed ones, and `ModelwrightError` naming the distribution whose entry
    point cannot be loaded, is no adapter, or is claimed by two distributions.
    """
    return _find(name, tuple(sys.path))


@cache
def _find(name: str, _path: tuple[str, ...]) -> Adapter:
    points = tuple(entry_points(group=GROUP, name=name))
    if not points:
        known = installed()
        raise UnknownAdapterError(
            f"there is no adapter {name!r}; installed: {', '.join(known) or 'none'}",
            remedy=did_you_mean(name, known) or "install modelwright again: it brings the built-in adapters",
        )
    if len({point.value for point in points}) > 1:
        owners = " and ".join(sorted(_distribution(point) for point in points))
        raise ModelwrightError(f"adapter {name!r} is claimed by {owners}", remedy="uninstall one of them")
    return _load(points[0])


def _load(point: EntryPoint) -> Adapter:
    owner = _distribution(point)
    remedy = f"reinstall or remove {owner}"
    try:
        adapter = point.load()
    except Exception as error:  # a plugin may raise anything while it is imported
        raise ModelwrightError(
            f"adapter {point.name!r} of distribution {owner} cannot be loaded: {type(error).__name__}: {error}",
            where=point.value,
            remedy=remedy,
        ) from error
    if not isinstance(adapter, Adapter):
        raise ModelwrightError(
            f"adapter {point.name!r} of distribution {owner} is a {type(adapter).__name__}, not an Adapter",
            where=point.value,
            remedy=remedy,
        )
    return adapter


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "an unknown distribution"
