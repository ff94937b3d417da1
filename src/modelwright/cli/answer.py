"""What a verb answers: a value for programs, a text for people, and an exit status; and the document that holds it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A warning or error beside the result."""

    severity: str
    message: str
    code: str = ""
    where: str = ""
    remedy: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of a document's `diagnostics`."""
        named = {"severity": self.severity, "code": self.code, "message": self.message}
        return {**self.more, **named, "where": self.where, "remedy": self.remedy}


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a verb. `text` is None where the verb has written its output already."""

    result: object
    text: str | None
    exit_status: int = 0


def document(verb: str, result: object, diagnostics: Sequence[Diagnostic]) -> str:
    """Return the one JSON document of a verb, ASCII only, so that no terminal interprets what it holds."""
    content = {
        "schema": f"modelwright.cli.{verb.replace(' ', '.')}/1",
        "result": plain(result),
        "diagnostics": [plain(diagnostic.to_dict()) for diagnostic in diagnostics],
    }
    return json.dumps(content, indent=2)


def plain(value: object) -> object:
    """Return a value as JSON can hold it: objects by `to_dict()` or their fields, times as RFC 3339, NaN as null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | AbstractSet) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    return _plain_object(value)


def _plain_object(value: object) -> object:
    to_dict = getattr(value, "to_dict", None)
    if callable(to_dict):
        return plain(to_dict())
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    return str(value)
