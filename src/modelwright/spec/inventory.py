"""Everything that a project declares, by name: the one place where names and references are looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from modelwright.errors import NotFoundError, did_you_mean
from modelwright.spec.base import Resource, Spec
from modelwright.spec.feature_store import FeatureStore, FeatureView
from modelwright.spec.model_registry import Model, ModelRegistry
from modelwright.spec.problems import joined
from modelwright.spec.reference import DataPath, ModelReference, ResourceReference, Unresolved, ViewReference
from modelwright.spec.training import TrainingJob

Kind = TypeVar("Kind", bound=Resource)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The resources of a project, as one environment sees them."""

    resources: tuple[Resource, ...]
    _named: Mapping[str, Resource] = field(init=False, repr=False, compare=False)
    _kinds: dict[type[Resource], tuple[Any, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _needs: dict[int, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Of several of one name, which are a problem of their own, the first is the one that is meant.
        object.__setattr__(self, "_named", {resource.name: resource for resource in reversed(self.resources)})

    def find(self, name: str) -> Resource | None:
        """Return the resource of a name, if there is one."""
        return self._named.get(name)

    def __getitem__(self, name: str) -> Resource:
        found = self.find(name)
        if found is None:
            names = [resource.name for resource in self.resources]
            raise NotFoundError(f"the project declares no {name!r}", remedy=did_you_mean(name, names))
        return found

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Return the resources of a kind, in the order of declaration."""
        if kind not in self._kinds:
            self._kinds[kind] = tuple(resource for resource in self.resources if isinstance(resource, kind))
        return self._kinds[kind]

    def get(self, kind: type[Kind], name: str) -> Kind:
        """Return the resource of a kind and name. Raises `NotFoundError` naming those there are."""
        found = self.find(name)
        if isinstance(found, kind):
            return found
        for resource in self.of(kind):
            if resource.name == name:  # declared after another kind's of that name
                return resource
        known = [resource.name for resource in self.of(kind)]
        raise NotFoundError(f"the project declares no {kind.__name__} {name!r}", remedy=did_you_mean(name, known))

    @property
    def models(self) -> tuple[Model, ...]:
        """The models of all registries."""
        return tuple(model for registry in self.of(ModelRegistry) for model in registry.models)

    def model(self, name: str) -> Model:
        """Return the model of a name. Raises `NotFoundError` naming those there are."""
        for model in self.models:
            if model.name == name:
                return model
        names = [model.name for model in self.models]
        raise NotFoundError(f"the project declares no model {name!r}", remedy=did_you_mean(name, names))

    def registry_of(self, model: str) -> ModelRegistry:
        """Return the registry that a model stands in. Raises `NotFoundError`."""
        found = self.model(model)
        return next(registry for registry in self.of(ModelRegistry) if found in registry.models)

    def job_of(self, model: str) -> TrainingJob | None:
        """Return the job that trains a model, if one does. Raises `NotFoundError` for an unknown model."""
        training = self.model(model).training
        return self.get(TrainingJob, training.name) if training else None

    def view(self, reference: ViewReference) -> FeatureView:
        """Return the feature view of a reference. Raises `NotFoundError` naming those there are."""
        store = self.get(FeatureStore, reference.store)
        found = store.view(reference.view)
        if found is None:
            names = [view.name for view in store.views]
            raise NotFoundError(
                f"{store.name} has no view {reference.view!r}", remedy=did_you_mean(reference.view, names)
            )
        return found

    def needs(self, resource: Resource) -> tuple[str, ...]:
        """Return the names of the resources that a resource refers to, as far as they are declared, each once."""
        found = self._needs.get(id(resource))
        if found is None:
            named = (self.owner(reference) for _, reference in references(resource))
            found = tuple(dict.fromkeys(name for name in named if name))
            if self.find(resource.name) is resource:  # held by this inventory, so that its id stays its own
                self._needs[id(resource)] = found
        return found

    def owner(self, reference: Unresolved) -> str | None:
        """Return the name of the resource that a reference leads to; None if nothing of that name is declared."""
        if isinstance(reference, ModelReference):
            for registry in self.of(ModelRegistry):
                if registry.model(reference.model):
                    return registry.name
            return None
        name = reference.name if isinstance(reference, ResourceReference) else getattr(reference, "store", None)
        return name if name and self.find(name) else None

    def ordered(self) -> tuple[Resource, ...]:
        """Return the resources so that each comes after those it refers to. The project must have no cycles."""
        done: dict[str, Resource] = {}

        def visit(resource: Resource) -> None:
            if resource.name not in done:
                for name in self.needs(resource):
                    visit(self[name])
                done[resource.name] = resource

        for resource in self.resources:
            visit(resource)
        return tuple(done.values())


ATOMS = frozenset({str, int, float, bool, type(None), timedelta})
"""What consists of nothing else."""


def references(value: Any, path: str = "") -> Iterator[tuple[str, Unresolved]]:
    """Yield every reference inside a spec, with its path relative to it."""
    if type(value) in ATOMS:  # most of what a spec holds
        return
    if isinstance(value, ResourceReference | DataPath | ViewReference | ModelReference):
        yield path, value
    else:
        for step, part in parts(value):
            yield from references(part, joined(path, step))


def parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a spec or a held value consists of, with its path. Models and views are named, not numbered."""
    if isinstance(value, Spec):
        for name, held in value.fields().items():
            if name in {"models", "views"} and isinstance(held, tuple):
                yield from (
                    (str(getattr(item, "name", None) or f"{name}[{index}]"), item) for index, item in enumerate(held)
                )
            else:
                yield name, held
    elif isinstance(value, Mapping):
        yield from (("", key) for key in value if not isinstance(key, str))
        yield from ((str(key), item) for key, item in value.items() if isinstance(key, str))
    elif isinstance(value, tuple | list):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
