"""Held values as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Return a field's held value as JSON: see `Spec.document`."""
    if isinstance(value, str):  # most values are
        return value
    if hasattr(type(value), "document"):
        return value.document()
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value
