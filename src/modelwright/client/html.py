"""Small HTML for notebooks: tables without style of their own, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any


def definition_list(title: str, values: Mapping[str, Any]) -> str:
    """Return a titled two-column table of names and values."""
    rows = "".join(f"<tr><th>{escape(str(k))}</th><td>{escape(_text(v))}</td></tr>" for k, v in values.items())
    return f"<table><caption>{escape(title)}</caption><tbody>{rows}</tbody></table>"


def table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a titled table with one row per mapping."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(_text(row.get(n)))}</td>" for n in names) + "</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
