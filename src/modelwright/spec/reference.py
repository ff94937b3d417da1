"""References from one part of a project to another: objects, or late-bound strings such as `"delay@champion"`.

A reference has no value before `up` has run, so putting one into a string is an error and never a wrong address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, NoReturn, Self, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from modelwright.errors import Problem, UsageError
from modelwright.spec.field import readable, shown
from modelwright.spec.problems import complain

T = TypeVar("T")

_MODEL = re.compile(r"([a-z][a-z0-9-]*)(?:@([a-z][a-z0-9-]*)|:([1-9][0-9]{0,8}))", re.ASCII)
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{0,127}", re.ASCII)
_STORE = re.compile(r"[a-z][a-z0-9-]*", re.ASCII)
_PART = re.compile(r"[A-Za-z0-9_=.*-]+", re.ASCII)


class Unresolved:
    """Something that stands for a value known only later; refuses to become text."""

    __slots__ = ()

    def no_value(self) -> NoReturn:
        """Raise the error for putting a reference into a string."""
        raise UsageError(
            f"{self!r} has no value yet, so it cannot be formatted into a string",
            remedy="pass the reference itself; it gets its value when the environment is applied",
        )

    def __str__(self) -> str:  # noqa: PLE0307  # it never returns
        self.no_value()

    def __format__(self, _spec: str) -> str:
        self.no_value()

    def __fspath__(self) -> str:
        self.no_value()


@dataclass(frozen=True, slots=True)
class ResourceReference(Unresolved):
    """Another resource of the project, by name; `target` is the object, where the user passed one."""

    name: str
    target: object = field(default=None, compare=False, repr=False)
    kind: str = field(default="", compare=False, repr=False)

    def document(self) -> str:
        """Return the resource's name."""
        return self.name


class Refers:
    """Marks a `ResourceReference` field with the kind that it must refer to."""

    def __init__(self, kind: str = "") -> None:
        self.kind = kind

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept a resource of the kind, its name, or a reference."""
        return core_schema.no_info_plain_validator_function(
            self.parse, json_schema_input_schema=core_schema.str_schema()
        )

    def parse(self, value: Any) -> ResourceReference:
        """Return the reference. Raises `ValueError` for another kind or type."""
        if isinstance(value, ResourceReference):
            return value
        if isinstance(value, str) and value:
            return ResourceReference(value, kind=self.kind)
        found = getattr(type(value), "KIND", "")
        wanted = self.kind.replace("_", " ") or "resource"
        if not hasattr(value, "renamed_from") or (self.kind and found != self.kind):
            raise ValueError(f"must be a {wanted} or its name, not {shown(value)}")
        return ResourceReference(str(value.name), value, self.kind)


AnyResource = Annotated[ResourceReference, Refers()]


@readable({"type": "string", "examples": ["lake/flights"]})
@dataclass(frozen=True, slots=True)
class DataPath(Unresolved):
    """A place in a data store: `lake / "flights"`."""

    store: str
    path: str
    target: object = field(default=None, compare=False, repr=False)

    def __truediv__(self, part: str) -> DataPath:
        return DataPath(self.store, "/".join(filter(None, [self.path, *checked_path(part)])), self.target)

    def __repr__(self) -> str:
        return f"{self.store} / {self.path!r}"

    def document(self) -> str:
        """Return `store/path`."""
        return f"{self.store}/{self.path}" if self.path else self.store

    @classmethod
    def parse(cls, value: Any) -> DataPath:
        """Return the path that a data store, a path in one or `"store/path"` stands for. Raises `ValueError`."""
        if isinstance(value, DataPath):
            return value
        if getattr(type(value), "KIND", "") == "data_store":
            return cls(str(value.name), "", value)
        if isinstance(value, str) and value:
            store, _, path = value.partition("/")
            if not _STORE.fullmatch(store):
                raise ValueError(f"{value!r} is no path in a data store: write store/path")
            return cls(store, "/".join(checked_path(path)) if path else "")
        raise ValueError(f'must be a place in a data store, such as lake / "flights", not {shown(value)}')


def checked_path(path: Any) -> list[str]:
    """Return the parts of a relative path. Raises `ValueError` for one that could leave its store."""
    if not isinstance(path, str):
        raise ValueError(f"a path in a data store is a string, not {shown(path)}")  # noqa: TRY004  # pydantic collects ValueError only
    parts = path.strip("/").split("/")
    for part in parts:
        if part in {".", ".."} or not _PART.fullmatch(part):
            raise ValueError(f"{path!r} is no path in a data store: use letters, digits, - _ . = * separated by /")
    return parts


@readable({"type": "string", "examples": ["features.carrier"]})
@dataclass(frozen=True, slots=True)
class ViewReference(Unresolved):
    """A feature view in a feature store: `features["carrier"]`."""

    store: str
    view: str
    target: object = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        return f"{self.store}[{self.view!r}]"

    def document(self) -> str:
        """Return `store.view`."""
        return f"{self.store}.{self.view}"

    @classmethod
    def parse(cls, value: Any) -> ViewReference:
        """Return the reference of `features["carrier"]` or `"features.carrier"`. Raises `ValueError`."""
        if isinstance(value, ViewReference):
            return value
        store, dot, view = value.partition(".") if isinstance(value, str) else ("", "", "")
        if not (store and dot and view):
            raise ValueError(f'must be a feature view, such as features["carrier"], not {shown(value)}')
        return cls(store, view)


@readable({"type": "string", "pattern": f"^{_MODEL.pattern}$", "examples": ["delay@champion"]})
@dataclass(frozen=True, slots=True)
class ModelReference(Unresolved):
    """A version of a model, bound late: by alias (`"delay@champion"`) or by number (`"delay:7"`)."""

    model: str
    alias: str | None = None
    version: int | None = None

    def __repr__(self) -> str:
        return repr(self.document())

    def document(self) -> str:
        """Return `model@alias` or `model:version`."""
        return f"{self.model}@{self.alias}" if self.alias else f"{self.model}:{self.version}"

    @classmethod
    def parse(cls, value: Any) -> ModelReference:
        """Return the reference of a spelling. Raises `ValueError` otherwise."""
        if isinstance(value, ModelReference):
            return value
        match = _MODEL.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            name = value.name if getattr(type(value), "KIND", "") == "model" else "delay"
            raise ValueError(f"{shown(value)} is no model reference: write {name}@champion or {name}:7")
        return cls(match[1], match[2], int(match[3]) if match[3] else None)


@readable({"type": "object", "properties": {"$secret": {"type": "string"}}, "required": ["$secret"]})
@dataclass(frozen=True, slots=True)
class Secret(Unresolved):
    """A secret by its name; its content never stands in a project."""

    name: str

    IN_JSON = True

    def __post_init__(self) -> None:
        _check_label(self, self.name)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Return the value if it is one of these. Raises `ValueError` otherwise."""
        return _instance(value, cls)

    def document(self) -> dict[str, str]:
        """Return `{"$secret": name}`."""
        return {"$secret": self.name}


@readable({"type": "object", "properties": {"$given": {"type": "string"}}, "required": ["$given"]})
@dataclass(frozen=True, slots=True)
class Given(Unresolved):
    """A value that the surrounding Pulumi program supplies, by its path."""

    path: str

    IN_JSON = True

    def __post_init__(self) -> None:
        _check_label(self, self.path)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Return the value if it is one of these. Raises `ValueError` otherwise."""
        return _instance(value, cls)

    def document(self) -> dict[str, str]:
        """Return `{"$given": path}`."""
        return {"$given": self.path}


def _check_label(label: object, text: Any) -> None:
    if not isinstance(text, str) or not _LABEL.fullmatch(text):
        kind = type(label).__name__
        complain(
            label, Problem(kind, f"{shown(text)} cannot be the name in a {kind}", "use letters, digits and . _ / -")
        )


def _instance(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise ValueError(f'must be a {kind.__name__}("…"), not {shown(value)}')  # noqa: TRY004  # pydantic collects ValueError only
    return value
