"""The project: all of one platform, declared once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from modelwright.errors import Problem, UnknownEnvironmentError, UsageError, did_you_mean
from modelwright.spec.base import Name, Named, Resource
from modelwright.spec.cluster import Cluster
from modelwright.spec.consistency import inconsistencies, placed
from modelwright.spec.data_store import DataStore
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.environment import Environment
from modelwright.spec.feature_store import FeatureStore
from modelwright.spec.field import OneOf, Table, Takes, option
from modelwright.spec.image import Image
from modelwright.spec.inventory import Inventory
from modelwright.spec.model_registry import Model, ModelRegistry
from modelwright.spec.monitor import Monitor
from modelwright.spec.overrides import overridden
from modelwright.spec.policy import Budget
from modelwright.spec.texts import unfit_texts
from modelwright.spec.training import TrainingJob

_USUAL = "dev"
_REGISTRIES = ("models", "model-registry")
"""What the registry of models without one is called: the first name that is free."""


def _in_registry(value: Any) -> Any:
    """Put models that stand directly in the project's list into a registry."""
    if not isinstance(value, list | tuple):
        return value
    loose = [part for part in value if isinstance(part, Model)]
    rest = [part for part in value if not isinstance(part, Model)]
    if not loose:
        return tuple(rest)
    taken = {getattr(part, "name", "") for part in rest}
    name = next(name for name in _REGISTRIES if name not in taken or name == _REGISTRIES[-1])
    return (*rest, ModelRegistry(name, models=loose))


if TYPE_CHECKING:
    Resources = Takes[Sequence[Resource | Model] | Sequence[Resource], tuple[Resource, ...]]
else:
    _Any = Annotated[DataStore | FeatureStore | Cluster | TrainingJob | ModelRegistry | Endpoint | Monitor, OneOf()]
    Resources = Annotated[tuple[_Any, ...], BeforeValidator(_in_registry)]


def _laptop() -> dict[str, Environment]:
    return {"dev": Environment("local")}


class Project(Named):
    """All resources and environments. A project without environments stands on this machine, as `dev`."""

    KIND = "project"

    resources: Resources = option("The parts; a model may stand here without a registry.", kw_only=False)
    image: Image = option("The image of training and serving.", default_factory=Image)
    environments: Table[Name, Environment] = option(
        "Where the project stands, by name.", default_factory=_laptop, min_length=1
    )
    budget: Budget | None = option("The most that it may cost.", default=None)
    labels: Table[str, str] = option("Labels or tags of everything made.", default={})

    def flaws(self) -> Iterator[Problem]:
        """Yield what is wrong between resources and environments, and in overridden resources."""
        found = list(inconsistencies(self.inventory, self.environments))
        yield from found
        yield from self._unfit_texts()
        known = {(problem.path, problem.message) for problem in found}
        for name, environment in self.environments.items():
            path = f"environments.{name}.overrides"
            resources, problems = overridden(self.resources, environment.overrides, path)
            yield from problems
            if environment.overrides and not problems:
                for problem in inconsistencies(Inventory(resources), self.environments):
                    if (problem.path, problem.message) not in known:
                        yield Problem(f"{path}.{problem.path}", problem.message, problem.hint)

    def _unfit_texts(self) -> Iterator[Problem]:
        for resource in self.resources:
            for problem in unfit_texts(resource):
                yield placed(resource, problem)
        for name in ("image", "environments", "labels"):
            yield from unfit_texts(getattr(self, name), name)

    @property
    def inventory(self) -> Inventory:
        """The resources as declared, without any environment's overrides."""
        return Inventory(self.resources)

    def usual_environment(self) -> str:
        """Return the environment that is meant where none is named: the only one, or `dev`. Raises `UsageError`."""
        names = list(self.environments)
        if len(names) == 1 or _USUAL in names:
            return names[0] if len(names) == 1 else _USUAL
        raise UsageError(f"name one of the environments: {', '.join(names)}", remedy="--environment NAME")

    def for_environment(self, name: str) -> Resolved:
        """Return the project as one environment sees it. Raises `UnknownEnvironmentError` naming those there are."""
        environment = self.environments.get(name)
        if environment is None:
            raise UnknownEnvironmentError(
                f"project {self.name!r} declares no environment {name!r}", remedy=did_you_mean(name, self.environments)
            )
        resources, _ = overridden(self.resources, environment.overrides, "")
        return Resolved(self, name, environment, Inventory(resources))

    def relies_on(self) -> frozenset[str]:
        """Return the features that the project relies on, in whichever environment."""
        return frozenset().union(*(self.for_environment(name).relies_on() for name in self.environments))


@dataclass(frozen=True, slots=True)
class Resolved:
    """A project as one environment sees it, with that environment's overrides applied."""

    project: Project
    environment_name: str
    environment: Environment
    inventory: Inventory

    @property
    def name(self) -> str:
        """The project's name."""
        return self.project.name

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The resources, overrides applied, in the order of declaration."""
        return self.inventory.resources

    @property
    def image(self) -> Image:
        """The project's image."""
        return self.project.image

    @property
    def budget(self) -> Budget | None:
        """The project's budget."""
        return self.project.budget

    def __getitem__(self, name: str) -> Resource:
        return self.inventory[name]

    def relies_on(self) -> frozenset[str]:
        """Return the features that the project relies on in this environment."""
        wanted = {"project.budget": self.budget, "resource.labels": self.project.labels}
        own = {name for name, value in wanted.items() if value}
        parts = (*self.resources, self.environment, self.image)
        return frozenset(own).union(*(part.relies_on() for part in parts))

    def document(self) -> dict[str, Any]:
        """Return all of it as JSON, with the resources by name."""
        return {
            "kind": "project",
            "name": self.name,
            "environment": {"name": self.environment_name, **self.environment.document()},
            "image": self.image.document(),
            "budget": self.budget.document() if self.budget else None,
            "labels": dict(self.project.labels),
            "resources": {resource.name: resource.document() for resource in self.resources},
        }
