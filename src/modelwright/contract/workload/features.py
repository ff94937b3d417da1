"""Feature views as workloads see them, and the config of materialising one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelwright.assembly.value import Slot, Value
from modelwright.canonical import digest_of
from modelwright.contract.lowered import Lowered
from modelwright.contract.outputs import FeatureStoreOutputs
from modelwright.errors import UsageError
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.feature_store import FeatureStore, FeatureView
from modelwright.spec.model_registry import Model
from modelwright.spec.project import Resolved
from modelwright.spec.reference import ViewReference

_SCHEMA = slice(len("sha256:"), len("sha256:") + 8)


def view_config(store: FeatureStore, view: FeatureView, lowered: Lowered) -> dict[str, Value]:
    """Return a view as workloads read it; `schema` changes with its columns, so that old rows are never mixed in."""
    shape = {"entity": list(view.entity), "timestamp": view.timestamp, "features": dict(view.features)}
    return {
        "name": view.name,
        "store": store.name,
        **shape,
        "created": view.created,
        "ttl": view.ttl.seconds if view.ttl else None,
        "schema": digest_of(shape)[_SCHEMA],
        "source": lowered.data(view.source),
        "online": store.is_online(view),
    }


def materialise_config(
    store: FeatureStore, view: FeatureView, outputs: FeatureStoreOutputs, lowered: Lowered
) -> dict[str, Value]:
    """Return the config of materialising a view as of the slot `at`."""
    return {
        "schema": "modelwright.materialise/1",
        "view": view_config(store, view, lowered),
        "offline": outputs.offline,
        "online": outputs.online if store.is_online(view) else None,
        "now": Slot("at"),
    }


def offline_features(views: Iterable[ViewReference], lowered: Lowered) -> dict[str, Value]:
    """Return where the offline rows of views lie, for joining.

    Raises `UsageError` when they lie in several data stores, which one job cannot join.
    """
    named = tuple(views)
    stores = {lowered.project.inventory.get(FeatureStore, view.store).store.name: view.store for view in named}
    if len(stores) > 1:
        raise UsageError(f"features of {', '.join(sorted(stores.values()))} lie in several data stores",
                         remedy="let one job use views whose offline rows lie in one data store")  # fmt: skip
    offline = lowered.feature_store(next(iter(stores.values()))).offline if stores else None
    return {"offline": offline, "views": _configs(named, lowered)}


def online_features(views: Iterable[ViewReference], lowered: Lowered) -> dict[str, Value]:
    """Return how the views that are served online are read. Raises `UsageError` when they are in several stores."""
    inventory = lowered.project.inventory
    online = [view for view in views if inventory.get(FeatureStore, view.store).is_online(inventory.view(view))]
    stores = sorted({view.store for view in online})
    if len(stores) > 1:
        raise UsageError(f"features of {', '.join(stores)} are online in several stores",
                         remedy="let an endpoint's models use online views of one feature store")  # fmt: skip
    return {"online": lowered.feature_store(stores[0]).online if stores else None, "views": _configs(online, lowered)}


def views_of(project: Resolved, model: Model) -> tuple[ViewReference, ...]:
    """Return the feature views that a model's training joins."""
    job = project.inventory.job_of(model.name)
    return job.features if job else ()


def views_served(project: Resolved, endpoint: Endpoint) -> tuple[ViewReference, ...]:
    """Return the feature views that any model behind an endpoint was trained with, each once."""
    models = (project.inventory.model(reference.model) for reference in endpoint.references)
    return tuple(dict.fromkeys(view for model in models for view in views_of(project, model)))


def _configs(views: Iterable[ViewReference], lowered: Lowered) -> list[Any]:
    inventory = lowered.project.inventory
    return [view_config(inventory.get(FeatureStore, view.store), inventory.view(view), lowered) for view in views]
