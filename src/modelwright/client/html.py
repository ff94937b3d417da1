"""Small HTML for notebooks: tables in the page's own colours, everything escaped, what is long folded or cut.

It holds no script and no style but alignment, so it looks right in light and dark, and stays below 50 kB: a notebook
that shows it a hundred times is still one that can be opened, mailed and put under version control.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

LARGEST = 50_000
"""Bytes of one representation."""
_ROOM = 46_000
_ROWS = 20
_WORD, _SHORT, _LONG = 28, 120, 4_000
_LARGE = 1e16
_LEFT = ' style="text-align:left;vertical-align:top"'
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_ONE_LINE = ' style="text-align:left;vertical-align:top;white-space:nowrap"'
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(?:\.0{1,9})?(?:Z|\+00:00)")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DIGITS = len("sha256:") + 12


def definition_list(title: str, values: Mapping[str, Any]) -> str:
    """Return a titled table of names and values."""
    rows, left = _fitting(_definition(name, value) for name, value in values.items())
    return _whole(title, "", rows, left)


def table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a titled table with one row per mapping; rows beyond the first 20 are folded."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = f"<tr>{''.join(f'<th{_LEFT}>{_text(name)}</th>' for name in names)}</tr>" if names else ""
    drawn, left = _fitting(_row(row, names) for row in rows)
    return _whole(title, head, drawn, left, many=len(rows))


def _definition(name: str, value: Any) -> str:
    return f"<tr><th{_ONE_LINE if len(str(name)) <= _WORD else _LEFT}>{_text(name)}</th>{_cell(value)}</tr>"


def _row(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return f"<tr>{''.join(_cell(row.get(name), brief=True) for name in names)}</tr>"


def _fitting(rows: Iterable[str]) -> tuple[list[str], int]:
    """Return the rows that there is room for, and how many are left out."""
    drawn: list[str] = []
    size = left = 0
    for row in rows:
        size += len(row.encode())
        if size > _ROOM or left:
            left += 1
        else:
            drawn.append(row)
    return drawn, left


def _whole(title: str, head: str, rows: Sequence[str], left: int, many: int | None = None) -> str:
    shown = rows[:_ROWS] if many is not None else rows
    caption = f"<caption{_LEFT}><b>{_text(title[:_LONG])}</b></caption>"
    whole = f"<table>{caption}<thead>{head}</thead><tbody>{''.join(shown)}</tbody></table>"
    if len(shown) < len(rows):
        rest = f"<table><thead>{head}</thead><tbody>{''.join(rows[len(shown) :])}</tbody></table>"
        whole += f"<details><summary>{len(rows) - len(shown):,} more</summary>{rest}</details>"
    if many == 0:
        whole += "<p>none</p>"
    if left:
        whole += f"<p>{left:,} more are left out here: <code>.to_dict()</code> has all</p>"
    return f"<div>{whole}</div>"


def _cell(value: Any, *, brief: bool = False) -> str:
    """Return a cell: short values as they are, on one line where they are a word, long ones folded."""
    if brief and isinstance(value, str) and _DIGEST.fullmatch(value):
        value = f"{value[:_DIGITS]}…"
    line = _line(value)
    if len(line) <= (_SHORT if isinstance(value, Mapping | list | tuple) else 2 * _SHORT):
        return f"<td{_ONE_LINE if len(line) <= _WORD else _LEFT}>{_text(line)}</td>"
    if isinstance(value, Mapping | list | tuple):
        return f"<td{_LEFT}>{_folded(f'{len(value):,} entries', _document(value))}</td>"
    return f"<td{_LEFT}>{_folded(f'{line[:_SHORT]}…', line)}</td>"


def _folded(summary: str, whole: str) -> str:
    cut = f"{whole[:_LONG]}\n… {len(whole) - _LONG:,} more characters" if len(whole) > _LONG else whole
    return f"<details><summary>{_text(summary)}</summary><pre>{_text(cut)}</pre></details>"


def _line(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_line(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        parts = [_line(item) for item in value]
        span = len(value) == 2 and all(isinstance(item, str) and _TIME.fullmatch(item) for item in value)  # noqa: PLR2004  from, to
        return (" to " if span else ", ").join(parts)
    return _said(value)


def _document(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)


def _said(value: Any) -> str:
    """Return a plain value for people: floats with four digits, times without what says nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < _LARGE else f"{value:.4g}"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    seconds = (found[3] or "").replace(":00", "")
    return found[1] if found[2] == "00:00" and not seconds else f"{found[1]} {found[2]}{seconds}Z"


def _text(value: object) -> str:
    return escape(_HIDDEN.sub("\N{REPLACEMENT CHARACTER}", str(value)))
