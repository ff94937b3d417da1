"""How the corpus writes its edits down: what a part gains, and from what to what each field goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from modelwright.spec.base import Resource
from modelwright.testing.corpus.edit import Edit, Fields, Place

UNSET: Final = object()
"""Stands for a field that is left out."""


def adds(kind: str, place: Place, /, *, shows: str = "", extra: tuple[Resource, ...] = (), **fields: Any) -> Edit:
    """Return the edit that declares a part with these fields where there was none."""
    return Edit(kind, "", None, fields, place, extra, shows)


def changes(
    kind: str,
    place: Place,
    pairs: Mapping[str, tuple[Any, Any]],
    *,
    beside: Fields | None = None,
    extra: tuple[Resource, ...] = (),
) -> Iterator[Edit]:
    """Yield an edit for each field of `pairs`, from its first value to its second, with the fields `beside` in both."""
    for field, (old, new) in pairs.items():
        yield Edit(kind, field, _with(beside, field, old), _with(beside, field, new), place, extra)


def _with(beside: Fields | None, field: str, value: Any) -> Fields:
    rest = {name: held for name, held in (beside or {}).items() if name != field}
    return rest if value is UNSET else {**rest, field: value}
