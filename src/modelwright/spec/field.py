"""How a field of a spec is declared: what a user may write, what the spec then holds, its default and its meaning.

`timeout: Takes[str | Duration, Duration] = option("…", default="2h")` accepts `"10m"` and holds a `Duration`. To a type
checker `Takes` is a descriptor, whose setter gives the type of the constructor's parameter and whose getter that of the
attribute; at run time it is the held type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_args

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticUndefined, core_schema

from modelwright.spec.frozen import FrozenMapping, freeze

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
Written = TypeVar("Written")
Held = TypeVar("Held")


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_dict(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


if TYPE_CHECKING:

    class Takes(Generic[Written, Held]):
        """A field that accepts one type and holds another."""

        def __get__(self, instance: object, owner: Any) -> Held: ...
        def __set__(self, instance: object, value: Written) -> None: ...

    Many = Takes[Sequence[T], tuple[T, ...]]
    Texts = Takes[str | Sequence[str], tuple[str, ...]]
    Table = Takes[Mapping[K, V], Mapping[K, V]]
else:

    class Takes:
        """A field that accepts one type and holds another."""

        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            return Annotated[types[1], BeforeValidator(_as_tuple)]

    class Many:
        """A field that accepts a list or tuple and holds a tuple."""

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[tuple[item, ...], BeforeValidator(_as_tuple)]

    Texts = Annotated[
        tuple[str, ...], BeforeValidator(lambda value: _as_tuple([value] if isinstance(value, str) else value))
    ]

    class Table:
        """A field that accepts a dict and holds a frozen mapping."""

        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            return Annotated[dict[types[0], types[1]], BeforeValidator(_as_dict), AfterValidator(FrozenMapping)]


def option(meaning: str, *, default: Any = PydanticUndefined, kw_only: bool = True, **constraints: Any) -> Any:
    """Declare a field; without a default it is required, and `kw_only=False` lets it be given by position."""
    return Field(default, description=meaning, kw_only=kw_only, **constraints)


class OneOf:
    """Marks a union whose members are told apart by class, so that a wrong value gives one problem and not one each."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept instances of the union's members only."""
        members = tuple(member for member in get_args(source) if member is not type(None))
        optional = len(members) < len(get_args(source))

        def check(value: Any) -> Any:
            if (optional and value is None) or (isinstance(value, members) and not _odd(value, members)):
                return value
            names = ", ".join(sorted(member.__name__ for member in members))
            raise ValueError(f"{shown(value)} is none of: {names}")

        return core_schema.no_info_before_validator_function(check, handler(source))


def _odd(value: object, members: tuple[type, ...]) -> bool:
    return isinstance(value, bool) and bool not in members


_SHOWN = 80


def shown(value: object) -> str:
    """Return a value as an error message shows it: its repr, shortened."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  # a user's own class may have a broken repr; the message must still come
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def readable(schema: Mapping[str, Any]) -> Callable[[type[T]], type[T]]:
    """Let fields hold a value class: `parse` reads what users write, `schema` is the JSON Schema of its document."""

    def equip(cls: type[T]) -> type[T]:
        def build(_source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
            parse: Callable[[Any], Any] = cls.parse  # type: ignore[attr-defined]  # what makes a class readable
            return core_schema.no_info_plain_validator_function(parse)

        def describe(_core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
            return {"title": cls.__name__, **schema}

        cls.__get_pydantic_core_schema__ = build  # type: ignore[attr-defined]  # how pydantic asks a class
        cls.__get_pydantic_json_schema__ = describe  # type: ignore[attr-defined]  # likewise
        return cls

    return equip


def _json(value: Any) -> Any:
    _check_json(value, 0)
    return freeze(value)


_DEEPEST = 64
_LARGEST = 2**63 - 1


def _check_json(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"nested more than {_DEEPEST} levels deep")
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"key {shown(key)} is no string")  # noqa: TRY004  # pydantic collects ValueError only
            _check_json(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_json(item, depth + 1)
    else:
        _check_scalar(value)


def _check_scalar(value: Any) -> None:
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124  # NaN
        raise ValueError(f"{value} is no finite number")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ValueError("the number does not fit into 64 bits")
    if not (value is None or isinstance(value, str | bool | int | float) or hasattr(type(value), "IN_JSON")):
        raise ValueError(f"{shown(value)} cannot be written as JSON")


Json = Annotated[Any, AfterValidator(_json)]
"""Any JSON-like value (and `Secret`, `Given`), deep-frozen; NaN, infinity and numbers beyond 64 bits are refused."""
