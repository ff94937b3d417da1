"""An environment's overrides, applied to resources that are then validated again as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from modelwright.errors import Problem, did_you_mean
from modelwright.spec.base import Resource
from modelwright.spec.problems import is_broken, joined, problems_of


def overridden(
    resources: Sequence[Resource], overrides: Mapping[str, Mapping[str, Any]], path: str
) -> tuple[tuple[Resource, ...], list[Problem]]:
    """Return the resources with overrides applied, and what is wrong with the overrides, by path."""
    names = [resource.name for resource in resources]
    problems = [
        Problem(joined(path, name), f"the project declares no resource {name!r}", did_you_mean(name, names))
        for name in overrides
        if name not in names
    ]
    applied = []
    for resource in resources:
        changes = {} if is_broken(resource) else overrides.get(resource.name)
        made, found = _applied(resource, changes, joined(path, resource.name)) if changes else (resource, [])
        applied.append(made)
        problems += found
    return tuple(applied), problems


def _applied(resource: Resource, changes: Mapping[str, Any], path: str) -> tuple[Resource, list[Problem]]:
    if "name" in changes:
        return resource, [Problem(joined(path, "name"), "a name cannot be overridden: other parts refer to it")]
    try:
        made = type(resource).model_validate({**resource.fields(), **changes})
    except ValidationError as error:
        found = problems_of(error, type(resource))
        return resource, [Problem(joined(path, p.path), p.message, p.hint) for p in found]
    return made, []
