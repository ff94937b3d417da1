"""Tables for those who have pandas; without it everything stays plain dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelwright.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame


def frame(rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """Return rows as a data frame. Raises `UsageError` when pandas is not installed."""
    try:
        import pandas as pd
    except ImportError as error:
        raise UsageError("pandas is not installed", remedy="pip install pandas, or use `.to_dict()`") from error
    return pd.DataFrame([dict(row) for row in rows])
