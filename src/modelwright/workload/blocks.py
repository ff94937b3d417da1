"""Blocks: rows that belong together, a day or a customer, and are held out, trained on and resampled as a whole."""

from __future__ import annotations

from modelwright.workload.rows import quoted

SPANS = ("hour", "day", "week", "month")


def block_sql(block: str, timestamp: str | None) -> str:
    """Return the SQL text of a row's block: a span (hour, day, week, month) of `timestamp` in UTC, else a column."""
    if timestamp is not None and block in SPANS:
        form = "%Y-%m-%dT%H" if block == "hour" else "%Y-%m-%d"
        return f"strftime(date_trunc('{block}', CAST({quoted(timestamp)} AS TIMESTAMP)), '{form}')"
    return f"CAST({quoted(block)} AS VARCHAR)"
