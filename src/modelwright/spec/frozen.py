"""A mapping that nobody can change: what a spec holds wherever the user wrote a dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")


class FrozenMapping(dict[Key, Item]):
    """A dict without the methods that change it; hashable when its values are."""

    def _refuse(self, *_args: object, **_fields: object) -> NoReturn:
        raise TypeError("a spec is frozen: declare it again instead of changing it")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # dict says None; a frozen one has a hash
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenMapping[Key, Item]], tuple[dict[Key, Item]]]:
        return type(self), (dict(self),)

    def __copy__(self) -> FrozenMapping[Key, Item]:
        return self

    def __deepcopy__(self, _memo: object) -> FrozenMapping[Key, Item]:
        return self


def freeze(value: Any) -> Any:
    """Return a JSON-like value with lists as tuples and dicts as frozen mappings, all the way down."""
    if isinstance(value, Mapping):
        return FrozenMapping({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value
