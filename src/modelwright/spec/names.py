"""Small textual types: columns, time zones, entry points."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from modelwright.spec.cron import known_timezone
from modelwright.spec.field import Takes, shown

_COLUMN = re.compile(r"[^\W\d]\w{0,127}")
_ENTRYPOINT = re.compile(r"(?:[\w-]+/)*[\w-]+\.py:[^\W\d]\w*")


def _column(name: str) -> str:
    if not _COLUMN.fullmatch(name):
        raise ValueError(f"{shown(name)} is no column name: use letters, digits and _")
    return name


def _entrypoint(text: str) -> str:
    if not _ENTRYPOINT.fullmatch(text):
        raise ValueError(f"{shown(text)} is no entry point: write file.py:function, relative to the project")
    return text


def _columns(value: Any) -> Any:
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
    if isinstance(names, tuple):
        twice = [name for name, count in Counter(map(str, names)).items() if count > 1]
        if twice or not names:
            raise ValueError(f"column {twice[0]!r} is named twice" if twice else "at least one column is needed")
    return names


Column = Annotated[str, AfterValidator(_column)]
Timezone = Annotated[str, AfterValidator(known_timezone), Field(examples=["UTC", "Europe/Berlin"])]
Entrypoint = Annotated[str, AfterValidator(_entrypoint), Field(examples=["training.py:train"])]

if TYPE_CHECKING:
    Columns = Takes[str | Sequence[str], tuple[str, ...]]
    OptionalColumns = Takes[str | Sequence[str] | None, tuple[str, ...] | None]
else:
    Columns = Annotated[tuple[Column, ...], BeforeValidator(_columns)]
    OptionalColumns = Annotated[tuple[Column, ...] | None, BeforeValidator(_columns)]
