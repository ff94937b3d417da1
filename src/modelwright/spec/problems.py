"""From a failed validation to problems: what was wrong, where, what is allowed.

While a project file is being loaded, constructors hand their problems to a `Collector` and return a stand-in, so that
one load reports everything; otherwise they raise at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from modelwright.errors import InvalidProjectError, Problem, did_you_mean
from modelwright.spec.field import shown
from modelwright.spec.origin import Origin, caller

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails


_NOUNS = {
    "string_type": "a string",
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "True or False",
    "tuple_type": "a list",
    "dict_type": "a dict",
    "finite_number": "a finite number",
}


@dataclass(slots=True)
class Found:
    """A spec that could not be made, and its problems with paths relative to it."""

    spec: object
    problems: tuple[Problem, ...]
    origin: Origin | None


@dataclass(slots=True)
class Collector:
    """What went wrong so far while one project file is being loaded."""

    found: list[Found] = field(default_factory=list)

    def broken(self, spec: object) -> bool:
        """Return whether a spec is only a stand-in."""
        return any(entry.spec is spec for entry in self.found)


COLLECTOR: ContextVar[Collector | None] = ContextVar("modelwright_collector", default=None)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Collect the problems of constructors called in this block instead of raising them."""
    collector = Collector()
    token = COLLECTOR.set(collector)
    try:
        yield collector
    finally:
        COLLECTOR.reset(token)


def raise_together(problems: list[Problem]) -> None:
    """Raise the problems that a model's own check found, in a form that pydantic carries on. No problems: return."""
    if problems:
        raise PydanticCustomError("problems", "several problems", {"problems": problems})


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return the problems of a failed validation of `model`, with paths relative to it."""
    found: list[Problem] = []
    for detail in error.errors(include_url=False):
        found.extend(_problems(detail, model))
    return found


def _problems(detail: ErrorDetails, model: type[BaseModel]) -> Iterator[Problem]:
    path = spelled(detail["loc"])
    context = detail.get("ctx", {})
    if detail["type"] == "problems":
        for problem in context["problems"]:
            yield replace(problem, path=joined(path, problem.path))
    elif detail["type"] == "extra_forbidden":
        yield Problem(path, "unknown field", did_you_mean(str(detail["loc"][-1]), _fields(model, detail["loc"][:-1])))
    elif detail["type"] == "too_short":
        least = context["min_length"]
        text = f"must have at least {least} item{'s' if least > 1 else ''}, and has {context['actual_length']}"
        yield Problem(path, text)
    else:
        yield Problem(path, *_message(detail, context))


def _message(detail: ErrorDetails, context: Mapping[str, Any]) -> tuple[str, str]:
    given = shown(detail["input"])
    if detail["type"] == "missing":
        return "is required", ""
    if detail["type"] == "value_error":
        return str(context["error"]), ""
    if detail["type"] == "literal_error":
        return f"{given} is not allowed", _choices(str(detail["input"]), context["expected"])
    if detail["type"] in _NOUNS:
        return f"must be {_NOUNS[detail['type']]}, not {given}", ""
    if detail["type"] in {"model_type", "is_instance_of"}:
        return f"must be of type {context.get('class_name', context.get('class'))}, not {given}", ""
    return f"{detail['msg'].replace('Input should', 'must')}, not {given}", ""


def _choices(word: str, expected: str) -> str:
    choices = [part.strip("' ") for part in expected.replace(" or ", ", ").split(",")]
    near = did_you_mean(word, choices)
    return near if near.startswith("one of") else f"{near[:-1]}, of {', '.join(choices)}?"


def _fields(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the field names of the model at a location below `model`, as far as it can be followed."""
    for step in loc:
        info = model.model_fields.get(str(step))
        inner = next((kind for kind in _models(info.annotation)), None) if info else None
        model = inner or model
    return [name for name, info in model.model_fields.items() if info.init is not False]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def spelled(loc: tuple[int | str, ...]) -> str:
    """Return a location as `rollout.steps[1]`."""
    text = ""
    for step in loc:
        if step == "[key]":
            continue
        text = f"{text}[{step}]" if isinstance(step, int) else joined(text, str(step))
    return text


def joined(path: str, rest: str) -> str:
    """Return a path extended by a relative one."""
    if not path or not rest:
        return path or rest
    return f"{path}{rest}" if rest.startswith("[") else f"{path}.{rest}"


def complain(spec: object, problem: Problem) -> None:
    """Report a problem met outside a constructor: collect it while a project is loaded, else raise it."""
    origin = caller()
    if origin:
        problem = replace(problem, file=origin.file, line=origin.line)
    collector = COLLECTOR.get()
    if collector is None:
        raise InvalidProjectError([problem])
    if not collector.broken(spec):
        collector.found.append(Found(None, (problem,), origin))


def loading() -> bool:
    """Return whether a project file is being loaded, so that problems are collected."""
    return COLLECTOR.get() is not None


def is_broken(spec: object) -> bool:
    """Return whether a spec is only a stand-in for one that could not be made."""
    collector = COLLECTOR.get()
    return collector is not None and collector.broken(spec)
