"""Stand-ins for specs that could not be made, so that the rest of a project file is still looked at."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined

LENIENT: dict[str, bool] = {"lenient": True}
"""The validation context in which fields are checked and what stands between them is not."""


def stand_in(spec: BaseModel, fields: dict[str, object], wrong: set[str]) -> None:
    """Give a spec that failed its right fields, and defaults (or None) for the others, in place."""
    model = type(spec)
    known = {name: value for name, value in fields.items() if name in model.model_fields}
    right = {name: value for name, value in known.items() if name not in wrong}
    for kept in (known, right):
        try:
            model.__pydantic_validator__.validate_python(kept, self_instance=spec, context=LENIENT)
        except ValidationError:
            continue
        return
    held = {name: alone(model, name, value) for name, value in right.items()}
    if isinstance(known.get("name"), str):
        held["name"] = known["name"]
    bare = {name: _default(info) for name, info in model.model_fields.items()}
    object.__setattr__(spec, "__dict__", {**bare, **held})
    object.__setattr__(spec, "__pydantic_fields_set__", set(held))
    object.__setattr__(spec, "__pydantic_extra__", None)
    object.__setattr__(spec, "__pydantic_private__", None)


def alone(model: type[BaseModel], name: str, value: object) -> object:
    """Return what a field holds for a value, without the fields beside it; the value itself if it is not allowed."""
    info = model.model_fields[name]
    kind: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    try:
        held: object = TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError:
        return value
    return held


def _default(info: Any) -> Any:
    default = info.get_default(call_default_factory=True)
    return None if default is PydanticUndefined else default
