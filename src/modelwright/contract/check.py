"""What a project relies on, held against an adapter's answers, before anything else happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelwright.contract.adapter import Adapter
from modelwright.contract.support import Gap, gaps, refuse_gaps
from modelwright.spec.project import Resolved


def check(project: Resolved, adapter: Adapter, settings: Any) -> None:
    """Raise one `UnsupportedError` naming every gap, its reason and the nearest alternative."""
    refuse_gaps(find_gaps(project, adapter, settings), adapter.name)


def find_gaps(project: Resolved, adapter: Adapter, settings: Any) -> tuple[Gap, ...]:
    """Return what a project relies on in an environment and the adapter does not support with these settings."""
    return gaps(relied_on(project), {**adapter.support, **adapter.granted(settings)})


def relied_on(project: Resolved) -> Iterator[tuple[str, str]]:
    """Yield pairs of who relies on a feature and the feature, sorted within each."""
    parts = [*((resource.name, resource.relies_on()) for resource in project.resources)]
    parts += [(f"environment {project.environment_name}", project.environment.relies_on())]
    parts += [("the project's image", project.image.relies_on())]
    named = frozenset(feature for _, features in parts for feature in features)
    parts += [("the project", project.relies_on() - named)]
    for name, features in parts:
        yield from ((name, feature) for feature in sorted(features))
