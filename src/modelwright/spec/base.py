"""What all specs have in common: strict, deep-frozen, told apart by kind, and able to say what is wrong with them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NoReturn, Self, dataclass_transform

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from modelwright.errors import InvalidProjectError, Problem, UsageError
from modelwright.spec.field import Table, Takes, Texts, option
from modelwright.spec.origin import Origin, caller
from modelwright.spec.plain import plain
from modelwright.spec.problems import COLLECTOR, Found, joined, problems_of, raise_together
from modelwright.spec.reference import AnyResource
from modelwright.spec.standin import LENIENT, alone, stand_in

NAME = re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", re.ASCII)
NAME_RULE = "2 to 20 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen"
_ORIGIN = "#origin"


@dataclass_transform(kw_only_default=True, field_specifiers=(option,))
class Spec(BaseModel):
    """A part of a project: frozen, strict, comparable by value."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True, validate_default=True
    )
    KIND: ClassVar[str] = ""

    if not TYPE_CHECKING:

        def __init__(self, *values: object, **fields: object) -> None:
            """Validate the fields. Raises `InvalidProjectError` with all problems, or collects them during a load."""
            origin = caller()
            problems = [*_bind(type(self), values, fields)]
            try:
                super().__init__(**fields)
            except ValidationError as error:
                problems += problems_of(error, type(self))
            if problems:
                _report(self, fields, problems, origin)
            object.__setattr__(self, _ORIGIN, origin)

        def __setattr__(self, name: str, value: object) -> None:
            raise FrozenInstanceError(f"{type(self).__name__} is frozen: declare it again instead of changing {name}")

        def __delattr__(self, name: str) -> None:
            raise FrozenInstanceError(f"{type(self).__name__} is frozen: declare it again instead of deleting {name}")

        # Without this mark pydantic would call the constructor for dicts in nested fields too, and lose their path.
        __init__.__pydantic_base_init__ = True
        # What pydantic makes the fields' signature of, which editors and notebooks show.
        __init__.__signature__ = inspect.signature(BaseModel.__init__)

    @property
    def origin(self) -> Origin | None:
        """Where the user wrote this, if known."""
        return self.__dict__.get(_ORIGIN)

    def flaws(self) -> Iterator[Problem]:
        """Yield what is wrong between fields that are each right by themselves, with relative paths."""
        yield from ()

    def relies_on(self) -> frozenset[str]:
        """Return the names of the features that this spec relies on; see `spec.feature.FEATURES`."""
        return frozenset()

    def document(self) -> dict[str, Any]:
        """Return the spec as plain JSON: durations in seconds, references as strings, parts with their `kind`."""
        body = {name: plain(value) for name, value in self.fields().items()}
        return {"kind": self.KIND, **body} if self.KIND else body

    def fields(self) -> dict[str, Any]:
        """Return the fields and their held values."""
        return {name: self.__dict__.get(name) for name in type(self).model_fields}

    @classmethod
    def describe(cls, schema: dict[str, Any]) -> None:
        """Turn the JSON Schema of the fields into that of the document, in place; goes with `document`."""
        fields = schema.get("properties", {})
        for name, field in fields.items():
            if "default" in field:
                field["default"] = plain(alone(cls, name, cls.model_fields[name].default))
        if cls.KIND:
            fields = {"kind": {"const": cls.KIND}, **fields}
        schema["properties"], schema["required"] = fields, list(fields)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        cls.describe(handler.resolve_ref_schema(schema))
        return schema

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        # An instance in a field passes here again, and was checked when it was made.
        if _ORIGIN in self.__dict__ or info.context is LENIENT:
            return self
        try:
            raise_together(list(self.flaws()))
        except (TypeError, AttributeError):
            # A stand-in among the parts may lack anything; its own problems are reported already.
            if COLLECTOR.get() is None:
                raise
        return self

    def __str__(self) -> str:
        return repr(self)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        given = self.model_fields_set
        yield from ((name, value) for name, value in self.fields().items() if name in given)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Spec) and self.fields() == other.fields()

    def __hash__(self) -> int:
        return hash((type(self), *self.fields().values()))


def _bind(model: type[Spec], values: tuple[object, ...], fields: dict[str, object]) -> Iterator[Problem]:
    """Put positional values under their names, in place."""
    names = [name for name, info in model.model_fields.items() if info.kw_only is False]
    if len(values) > len(names):
        yield Problem("", f"takes {len(names)} values by position, {len(values)} were given", "name the others")
    for name, value in zip(names, values, strict=False):
        if name in fields:
            yield Problem(name, "given twice, by position and by name")
        fields[name] = value


def _report(spec: Spec, fields: dict[str, object], problems: list[Problem], origin: Origin | None) -> None:
    if origin:
        problems = [replace(p, file=p.file or origin.file, line=p.line or origin.line) for p in problems]
    collector = COLLECTOR.get()
    if collector is None:
        prefix = _own_name(spec, fields)
        raise InvalidProjectError(replace(problem, path=joined(prefix, problem.path)) for problem in problems)
    stand_in(spec, fields, {re.split(r"[.\[]", problem.path)[0] for problem in problems})
    collector.found.append(Found(spec, tuple(problems), origin))


def _own_name(spec: Spec, fields: Mapping[str, object]) -> str:
    if spec.KIND == "project":
        return ""
    name = fields.get("name")
    return name if isinstance(name, str) and name and "name" in type(spec).model_fields else type(spec).__name__


def checked_name(name: str) -> str:
    """Return a name that every platform can carry. Raises `ValueError` otherwise."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name: {NAME_RULE}")
    return name


Name = Annotated[str, AfterValidator(checked_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})]


class Named(Spec):
    """A spec with a name, which is given first and by position."""

    name: Name = option(f"The name: {NAME_RULE}.", kw_only=False)

    def no_value(self) -> NoReturn:
        """Raise the error for putting something that has no value yet into a string."""
        raise UsageError(
            f"{type(self).__name__} {self.name!r} has no value yet, so it cannot be formatted into a string",
            remedy="pass the object itself, or its .name if the name is meant",
        )

    def __str__(self) -> str:  # noqa: PLE0307  # it never returns
        self.no_value()

    def __format__(self, _spec: str) -> str:
        self.no_value()

    def __fspath__(self) -> str:
        self.no_value()


class Resource(Named):
    """A part of a project that stands in its list and is made by `up`."""

    renamed_from: Texts = option("Earlier names, so that the physical resource is kept.", default=())
    adopt: str | None = option("The platform's id of an existing resource to take over.", default=None)
    protect: bool = option("Refuse to delete or replace it.", default=False)
    depends_on: Takes[Sequence[object], tuple[AnyResource, ...]] = option(
        "Resources that must exist first, beyond those referred to.", default=()
    )
    labels: Table[str, str] = option("Labels or tags for the platform's own tools.", default={})

    def relies_on(self) -> frozenset[str]:
        """Return the features that any kind of resource may rely on."""
        wanted = {"resource.adopt": self.adopt, "resource.protect": self.protect, "resource.labels": self.labels}
        return frozenset(name for name, value in wanted.items() if value)
