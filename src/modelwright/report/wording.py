"""How values are said on a page: moments, spans, amounts, sizes, digests."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from modelwright.canonical import parse_timestamp
from modelwright.report.element import el
from modelwright.report.page import Markup

ABSENT = "\N{EN DASH}"
_KILO = 1024
_SHOWN = 12
_UNITS = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0))
_THOUSANDS, _LARGE = 1e4, 1e15


def moment(at: datetime | str | None) -> str:
    """Return a time in UTC to the minute."""
    if not at:
        return ABSENT
    return f"{at if isinstance(at, datetime) else parse_timestamp(at):%Y-%m-%d %H:%M}"


def span(seconds: float | timedelta | None) -> str:
    """Return a span of time in its two largest units, such as `2 h 5 min`."""
    if seconds is None:
        return ABSENT
    left = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
    if not math.isfinite(left):
        return ABSENT
    if left < _UNITS[2][1]:
        return f"{left:.3g} s"
    parts: list[str] = []
    for unit, length in _UNITS:
        count, left = divmod(left, length)
        if count and len(parts) < 2:  # noqa: PLR2004  two units say enough
            parts.append(f"{count:.0f} {unit}")
    return " ".join(parts)


def amount(value: object, digits: int = 4) -> str:
    """Return a number with so many significant digits; a dash for none, other things as text."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    if value.is_integer() and abs(value) < _LARGE:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}" if abs(value) < _THOUSANDS or abs(value) >= _LARGE else f"{value:,.0f}"


def interval(ends: object) -> str:
    """Return the ends of an interval."""
    if isinstance(ends, Sequence) and len(ends) == 2:  # noqa: PLR2004  a low and a high end
        return f"{amount(ends[0])} to {amount(ends[1])}"
    return ABSENT


def share(value: float | None) -> str:
    """Return a share of 0..1 in percent."""
    return ABSENT if value is None else f"{value:.3g} %" if (value := value * 100) < 1 else f"{value:.0f} %"


def size(count: float | None) -> str:
    """Return bytes in the unit that people read."""
    if count is None:
        return ABSENT
    left = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if left < _KILO:
            return f"{left:.0f} {unit}" if unit == "B" else f"{left:.1f} {unit}"
        left /= _KILO
    return f"{left:.1f} TiB"


def digest(text: str | None) -> Markup:
    """Return a digest's first digits, with the whole of it as the tooltip."""
    if not text:
        return el("span", ABSENT)
    kind, _, digits = text.rpartition(":")
    return el("code", f"{kind + ':' if kind else ''}{digits[:_SHOWN]}…", title=text)


def plain(value: object) -> str:
    """Return any JSON value as one line for people."""
    if isinstance(value, Mapping):
        if set(value) == {"$secret"}:
            return f"secret {value['$secret']}"
        return ", ".join(f"{key} {plain(item)}" for key, item in value.items()) or ABSENT
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return ", ".join(plain(item) for item in value) or ABSENT
    return amount(value)


def document(value: Any) -> str:
    """Return JSON over several lines, keys sorted."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str)


def counted(number: int, what: str, many: str = "") -> str:
    """Return a number with its noun: `1 event`, `3 events`, `2 entries` (with `many="entries"`)."""
    return f"{number:,} {what if number == 1 else many or what + 's'}"
