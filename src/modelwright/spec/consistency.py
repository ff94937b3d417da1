"""What can only be seen when all resources lie side by side: names that clash, references that lead nowhere, cycles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from modelwright.errors import Problem, did_you_mean
from modelwright.spec.base import Resource
from modelwright.spec.checks import Bias, Performance
from modelwright.spec.data_store import DataStore
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.feature_store import FeatureStore
from modelwright.spec.gates import Soak
from modelwright.spec.inventory import Inventory, references
from modelwright.spec.model_registry import EVERYWHERE, Model, ModelRegistry
from modelwright.spec.monitor import Monitor
from modelwright.spec.problems import is_broken, joined
from modelwright.spec.reference import DataPath, ModelReference, ResourceReference, Unresolved, ViewReference

_SHOWN = 20
"""Names are compared by so many characters, lower-case: longer ones are cut by some platforms."""


def inconsistencies(inventory: Inventory, environments: Mapping[str, object]) -> Iterator[Problem]:
    """Yield the problems between resources; each carries the line of the resource it is about."""
    yield from _clashes((resource, resource.name) for resource in inventory.resources)
    yield from _clashes((model, path) for path, model in _models(inventory))
    yield from _renames(inventory)
    for resource in inventory.resources:
        yield from (placed(resource, problem) for problem in _dangling(inventory, resource))
        if not is_broken(resource):
            yield from (placed(resource, problem) for problem in _unfit(inventory, resource))
    for path, model in _models(inventory):
        if not is_broken(model):
            yield from (placed(model, problem, path) for problem in _gates(inventory, model, environments))
    yield from _cycles(inventory)


def _models(inventory: Inventory) -> Iterator[tuple[str, Model]]:
    for registry in inventory.of(ModelRegistry):
        yield from ((f"{registry.name}.{model.name}", model) for model in registry.models)


def placed(spec: Resource | Model, problem: Problem, path: str = "") -> Problem:
    """Return a problem with the path and the line of the resource or model that it is relative to."""
    problem = replace(problem, path=joined(path or spec.name, problem.path))
    return replace(problem, file=spec.origin.file, line=spec.origin.line) if spec.origin else problem


def _clashes(named: Iterable[tuple[Resource | Model, str]]) -> Iterator[Problem]:
    seen: dict[str, Resource | Model] = {}
    for spec, path in named:
        name = spec.name if isinstance(spec.name, str) else ""
        other = seen.setdefault(name.casefold()[:_SHOWN], spec)
        if other is spec or not name:
            continue
        where = f" (line {other.origin.line})" if other.origin else ""
        if other.name == name:
            yield placed(spec, Problem("name", f"{name!r} is declared twice{where}"), path)
        else:
            text = f"{name!r} and {other.name!r}{where} are the same name to a platform that ignores case or cuts names"
            yield placed(spec, Problem("name", text), path)


def _renames(inventory: Inventory) -> Iterator[Problem]:
    claimed: dict[str, str] = {}
    for resource in inventory.resources:
        for old in resource.renamed_from:
            if inventory.find(old):
                yield placed(
                    resource, Problem("renamed_from", f"{old!r} is still declared, so nothing was renamed from it")
                )
            elif claimed.setdefault(old, resource.name) != resource.name:
                yield placed(resource, Problem("renamed_from", f"{claimed[old]!r} was renamed from {old!r} already"))


def _dangling(inventory: Inventory, resource: Resource) -> Iterator[Problem]:
    for path, reference in references(resource):
        problem = _lost(inventory, reference)
        if problem:
            yield replace(problem, path=path)


def _lost(inventory: Inventory, reference: Unresolved) -> Problem | None:
    if isinstance(reference, ModelReference):
        names = [model.name for model in inventory.models]
        missing = reference.model not in names
        return (
            Problem("", f"no model is called {reference.model!r}", did_you_mean(reference.model, names))
            if missing
            else None
        )
    if isinstance(reference, ResourceReference):
        return _absent(inventory, reference.name, reference.kind, reference.target)
    if isinstance(reference, DataPath):
        return _absent(inventory, reference.store, "data_store", reference.target)
    if isinstance(reference, ViewReference):
        return _absent(inventory, reference.store, "feature_store", reference.target) or _no_view(inventory, reference)
    return None


def _absent(inventory: Inventory, name: str, kind: str, target: object) -> Problem | None:
    found = inventory.find(name)
    if found is None:
        names = [resource.name for resource in inventory.resources if not kind or kind == resource.KIND]
        hint = "add it to the project's list" if target is not None else did_you_mean(name, names)
        return Problem("", f"the project declares no {kind.replace('_', ' ') or 'resource'} {name!r}", hint)
    if kind and kind != found.KIND:
        return Problem("", f"{name!r} is a {found.KIND.replace('_', ' ')} and no {kind.replace('_', ' ')}")
    if target is not None and type(target) is not type(found):
        return Problem("", f"{name!r} in the project's list is not the object referred to")
    return None


def _no_view(inventory: Inventory, reference: ViewReference) -> Problem | None:
    store = inventory.find(reference.store)
    if not isinstance(store, FeatureStore) or is_broken(store) or store.view(reference.view):
        return None
    names = [view.name for view in store.views]
    return Problem("", f"{store.name} has no view {reference.view!r}", did_you_mean(reference.view, names))


def _unfit(inventory: Inventory, resource: Resource) -> Iterator[Problem]:
    """Yield references that lead to a resource which cannot do what is asked of it."""
    if isinstance(resource, Endpoint):
        if resource.to:
            yield from _read_only(inventory, resource.to.store, "to")
        yield from _mixed(inventory, resource)
    if isinstance(resource, FeatureStore):
        yield from _read_only(inventory, resource.store.name, "store")
    if isinstance(resource, Monitor):
        endpoint = inventory.find(resource.endpoint.name)
        if isinstance(endpoint, Endpoint) and not is_broken(endpoint):
            yield from _unwatchable(resource, endpoint)
            yield from _untrained(inventory, resource, endpoint)


def _read_only(inventory: Inventory, store: str, path: str) -> Iterator[Problem]:
    found = inventory.find(store)
    if isinstance(found, DataStore) and not found.owned:
        yield Problem(path, f"{store!r} exists outside the project and is only read", "declare a DataStore to write to")


def _mixed(inventory: Inventory, endpoint: Endpoint) -> Iterator[Problem]:
    """Yield a problem where versions of several declared models would stand behind one address.

    A variant, a captured row and a monitor's result name their version by its number alone, and every model counts its
    versions from 1.
    """
    declared = {model.name for model in inventory.models}
    served = list(dict.fromkeys(reference.model for reference in endpoint.serves if reference.model in declared))
    if len(served) > 1:
        text = f"are versions of several models ({', '.join(served)}); an endpoint serves versions of one"
        yield Problem("serves", text, "declare an endpoint for each model")
    shadow = endpoint.shadow
    if served and shadow is not None and shadow.model in declared and shadow.model not in served:
        text = f"{shadow.document()} is of another model than {endpoint.name} serves"
        yield Problem("shadow", text, f"a version of {served[0]}")


def _unwatchable(monitor: Monitor, endpoint: Endpoint) -> Iterator[Problem]:
    if endpoint.capture == 0:
        yield Problem(
            "endpoint", f"{endpoint.name} captures nothing, so there is nothing to look at", "give it a capture share"
        )
    for index, check in enumerate(monitor.checks):
        truth = isinstance(check, Performance) or (isinstance(check, Bias) and check.needs_truth)
        if truth and not endpoint.keys:
            text = f"needs the truth of predictions, and {endpoint.name} has no keys to join it on"
            yield Problem(f"checks[{index}]", text, 'such as keys=["order_id"]')


def _untrained(inventory: Inventory, monitor: Monitor, endpoint: Endpoint) -> Iterator[Problem]:
    if monitor.retrain is None:
        return
    served = {reference.model for reference in endpoint.serves}
    jobs = {m.training.name for m in inventory.models if m.training and m.name in served}
    if jobs and monitor.retrain.job.name not in jobs:
        text = f"{monitor.retrain.job.name!r} trains no model that {endpoint.name} serves"
        yield Problem("retrain.job", text, did_you_mean(monitor.retrain.job.name, jobs))


def _gates(inventory: Inventory, model: Model, environments: Mapping[str, object]) -> Iterator[Problem]:
    for environment, gates in model.gates.items():
        path = f"gates.{environment}"
        if environment not in environments and environment != EVERYWHERE:
            yield Problem(path, f"there is no environment {environment!r}", did_you_mean(environment, environments))
        for index, gate in enumerate(gates):
            if isinstance(gate, Soak) and not is_broken(gate):
                yield from _soak(inventory, model, gate, environments, f"{path}[{index}]")


def _soak(
    inventory: Inventory, model: Model, gate: Soak, environments: Mapping[str, object], path: str
) -> Iterator[Problem]:
    if gate.environment is not None:
        if gate.environment not in environments:
            hint = did_you_mean(gate.environment, environments)
            yield Problem(f"{path}.environment", f"there is no environment {gate.environment!r}", hint)
        return
    wanted = ModelReference(model.name, gate.as_)
    if not any(wanted in (endpoint.shadow, *(endpoint.serves or ())) for endpoint in inventory.of(Endpoint)):
        hint = f'such as shadow="{wanted.document()}"'
        yield Problem(path, f"no endpoint serves or shadows {wanted.document()}, so the soak would never end", hint)


def _cycles(inventory: Inventory) -> Iterator[Problem]:
    """Yield each cycle once, named by its path."""
    edges: dict[str, tuple[str, ...]] = defaultdict(tuple)
    edges.update({resource.name: inventory.needs(resource) for resource in inventory.resources})
    reported: set[frozenset[str]] = set()
    for resource in inventory.resources:
        cycle = _cycle_from(resource.name, edges)
        if cycle and frozenset(cycle) not in reported:
            reported.add(frozenset(cycle))
            yield placed(resource, Problem("", f"refers to itself: {' → '.join(cycle)}"))


def _cycle_from(start: str, edges: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a shortest way from a resource back to itself, or nothing."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in edges.get(way[-1], ()):
            if name == start:
                return [*way, start]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
