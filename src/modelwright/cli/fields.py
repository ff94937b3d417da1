"""Fields of a project for people: what each means, what it takes, and its default, read from the spec itself."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelwright.errors import NotFoundError, did_you_mean
from modelwright.spec.base import Spec
from modelwright.spec.feature import FEATURES


@dataclass(frozen=True, slots=True)
class FieldNote:
    """One field of one kind."""

    path: str
    meaning: str
    takes: str
    default: str
    required: bool

    def to_dict(self) -> dict[str, object]:
        """Return the field as a document holds it."""
        default = None if self.required else self.default
        return {
            "path": self.path,
            "meaning": self.meaning,
            "takes": self.takes,
            "default": default,
            "required": self.required,
        }


@dataclass(frozen=True, slots=True)
class KindNote:
    """One kind with all its fields."""

    name: str
    meaning: str
    fields: tuple[FieldNote, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the kind as a document holds it."""
        return {"kind": self.name, "meaning": self.meaning, "fields": [field.to_dict() for field in self.fields]}


def kinds() -> dict[str, type[Spec]]:
    """Return every kind by the name that a person would type: `endpoint`, `training_job`, `canary`."""
    import modelwright.spec.project  # noqa: F401  # it imports every kind

    return {_snake(kind.__name__): kind for kind in _concrete(Spec)}


def explain(path: str) -> KindNote | FieldNote:
    """Return what `endpoint`, `endpoint.capture` or `endpoint.rollout.bake` means.

    Raises `NotFoundError` naming the nearest field or kind.
    """
    known = kinds()
    first, *rest = _snake(path.replace("-", "_")).split(".")
    if first not in known:
        raise NotFoundError(
            f"there is no kind, feature or error code {path!r}", remedy=did_you_mean(first, [*known, *FEATURES])
        )
    found: KindNote | FieldNote = kind_note(first, known[first])
    holders = [known[first]]
    for part in rest:
        holder = next((one for one in holders if part in one.model_fields), None)
        if holder is None:
            choices = [field for one in holders for field in one.model_fields]
            names = " or ".join(_snake(one.__name__) for one in holders) or "this field"
            raise NotFoundError(f"{names} has no field {part!r}", remedy=did_you_mean(part, choices))
        found = _field_note(path, holder, part)
        holders = list(dict.fromkeys(_inside(holder.model_fields[part].annotation)))
    return found


def kind_note(name: str, kind: type[Spec]) -> KindNote:
    """Return a kind with its fields; fields that all kinds share come last."""
    own = sorted(kind.model_fields, key=lambda field: field in _shared(kind))
    fields = tuple(_field_note(f"{name}.{field}", kind, field) for field in own)
    return KindNote(kind.__name__, " ".join((kind.__doc__ or "").split()), fields)


def _field_note(path: str, kind: type[Spec], field: str) -> FieldNote:
    info = kind.model_fields[field]
    required = info.is_required()
    default = "" if required else _spelled(info.get_default(call_default_factory=True))
    return FieldNote(path, info.description or "", _type_text(info.annotation), default, required)


def _spelled(value: Any) -> str:
    if isinstance(value, Spec):
        return f"{type(value).__name__}()"
    return repr(value) if isinstance(value, str) else str(value)


def _type_text(annotation: Any) -> str:
    """Return an annotation as a person would say it: `Duration`, `'flag' | 'reject'`, `list of str`, `optional`."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_text(arguments[0])
    if origin is typing.Literal:
        return " | ".join(repr(argument) for argument in arguments)
    if origin in {tuple, list}:
        return f"list of {_type_text(arguments[0])}" if arguments else "list"
    if origin is dict:
        return f"mapping of {_type_text(arguments[0])} to {_type_text(arguments[1])}"
    if arguments:
        return " | ".join(dict.fromkeys(_type_text(argument) for argument in arguments))
    return "None" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))


def _inside(annotation: Any) -> Iterator[type[Spec]]:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _inside(argument)


def _concrete(kind: type[Spec]) -> Iterator[type[Spec]]:
    for child in kind.__subclasses__():
        if child.KIND:
            yield child
        yield from _concrete(child)


def _shared(kind: type[Spec]) -> set[str]:
    parents = [parent for parent in kind.__mro__[1:] if issubclass(parent, Spec) and not parent.KIND]
    return {field for parent in parents for field in parent.model_fields} - {"name"}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
