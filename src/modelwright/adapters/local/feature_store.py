"""Feature stores on this machine: Parquet in the data store's folder, and one SQLite file online."""

from __future__ import annotations

from modelwright.adapters.local import job
from modelwright.contract.outputs import DataStoreOutputs, FeatureStoreOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.feature_store import FeatureStore


def lower(store: FeatureStore, scope: Scope) -> FeatureStoreOutputs:
    """Add the online file where any view is online, and a materialisation per view."""
    online = None
    if store.online or any(store.is_online(view) for view in store.views):
        file = scope.add("local:OnlineStore", {"path": f"online/{store.name}.sqlite"}, part="online", holds_data=True)
        online = {"kind": "sqlite", "path": file.ref("path")}
    outputs = FeatureStoreOutputs(offline=scope.of(store.store.name, DataStoreOutputs).uri, online=online)
    for view in store.views:
        config = scope.materialise_config(store, view, outputs)
        scope.request("materialise", job.OPERATION, job.body("materialise", config, scope), part=view.name)
    return outputs
