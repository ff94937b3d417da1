"""One step between two projects that differ in one thing: what the corpus consists of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from modelwright.spec.base import Resource
from modelwright.spec.environment import Environment
from modelwright.spec.project import Project

Fields = Mapping[str, Any]
Parts = dict[str, Any]
"""What a `Project` takes: `resources` and, where needed, `image`, `budget`, `labels`, `environment`, `staging`."""
Place = Callable[[Fields | None], Parts]
"""Builds the smallest surroundings of one part from the part's fields; None leaves the part out."""
ENVIRONMENT = "dev"
NAME = "sample"


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """From `before` to `after`, in the surroundings that `place` builds; `extra` resources stand in both projects.

    `kind` and `field` name the field that the edit changes; without a `field` it adds the part as a whole. `shows` is
    the feature that the edit is there to show, for an edit that cannot add just one.
    """

    kind: str
    field: str
    before: Fields | None
    after: Fields | None
    place: Place
    extra: tuple[Resource, ...] = ()
    shows: str = ""

    @property
    def path(self) -> str:
        """The edit's field as a person names it."""
        return f"{self.kind}.{self.field}" if self.field else self.kind

    def __str__(self) -> str:
        if self.before is None:
            fields = ", ".join(f"{name}={value!r}" for name, value in (self.after or {}).items())
            return f"declaring a {self.kind.replace('_', ' ')}{f' with {fields}' if fields else ''}"
        names = [self.field] if self.field else sorted({*self.before, *(self.after or {})})
        said = [
            f"{name}: {self.before.get(name, 'unset')!r} → {(self.after or {}).get(name, 'unset')!r}" for name in names
        ]
        return f"{self.kind} {', '.join(said)}"

    def projects(self, adapter: str, settings: Fields) -> tuple[Project, Project]:
        """Return the project before and after, for an adapter and its settings."""
        return _projects(self, adapter, json.dumps(dict(settings), sort_keys=True))


@cache
def _projects(edit: Edit, adapter: str, settings: str) -> tuple[Project, Project]:
    """Build an edit's projects once, however often an adapter is looked at."""
    given = json.loads(settings)
    before = project(edit.place(edit.before), adapter, given, edit.extra)
    return before, project(edit.place(edit.after), adapter, given, edit.extra)


def project(parts: Parts, adapter: str, settings: Fields, extra: tuple[Resource, ...] = ()) -> Project:
    """Return the project of some parts in one environment of an adapter."""
    given = dict(parts)
    own = {"settings": dict(settings), **given.pop("environment", {})}
    environments = {ENVIRONMENT: Environment(adapter, **own)}
    if given.pop("staging", False):
        environments["staging"] = Environment(adapter, settings=dict(settings))
    resources = [*extra, *given.pop("resources")]
    return Project(given.pop("name", NAME), resources, environments=environments, **given)
