"""Several values that a notebook shows as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from modelwright.client.html import table
from modelwright.client.tables import frame

if TYPE_CHECKING:
    from pandas import DataFrame

T = TypeVar("T")


class Listing(tuple[T, ...]):  # noqa: SLOT001  it has a title, and a tuple takes no other slots than none
    """Values in order under a title; equal to a tuple or list of the same values."""

    title: str

    def __new__(cls, title: str, items: Iterable[T]) -> Listing[T]:
        """Make a listing of the items."""
        made = super().__new__(cls, items)
        made.title = title
        return made

    def __getnewargs__(self) -> tuple[str, tuple[T, ...]]:
        return self.title, tuple(self)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == (tuple(other) if isinstance(other, list) else other)

    __hash__ = tuple.__hash__

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON, under `items`."""
        return {"title": self.title, "items": [_plain(item) for item in self]}

    def to_pandas(self) -> DataFrame:
        """Return one row per value."""
        return frame([_plain(item) for item in self])

    def _repr_html_(self) -> str:
        return table(self.title, [_plain(item) for item in self])


def _plain(item: Any) -> dict[str, Any]:
    if hasattr(item, "to_dict"):
        document: dict[str, Any] = item.to_dict()
        return document
    if is_dataclass(item):
        values = {field.name: getattr(item, field.name) for field in fields(item)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {"value": item}
