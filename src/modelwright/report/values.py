"""What charts are drawn from: points, series, levels, markers, and the sizes of a chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Frame:
    """The sizes of a chart in pixels; the plot area lies inside the margins."""

    width: float = 760.0
    height: float = 260.0
    left: float = 52.0
    right: float = 16.0
    top: float = 16.0
    bottom: float = 30.0


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a time, with its interval where one is known. `alert` marks it; `note` is its tooltip."""

    at: datetime
    value: float
    low: float | None = None
    high: float | None = None
    alert: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Points in order under one name; `tint` counts from 1."""

    name: str
    points: tuple[Point, ...]
    tint: int = 1


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line, such as a threshold."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A vertical line at a moment, such as a release."""

    at: datetime
    label: str
    kind: Literal["release", "alarm", "decision"] = "release"
