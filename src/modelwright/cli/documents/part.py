"""What the types of documents are made of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

Open = dict[str, Any]
"""An object whose fields are somebody else's: a user's, an adapter's, or a format of its own."""
Moment = str
"""A time in UTC, as RFC 3339 spells it."""
Named = dict[str, float]
"""Numbers by name, such as metrics."""


class Part(BaseModel):
    """An object with these fields and no others."""

    model_config = ConfigDict(extra="forbid")
