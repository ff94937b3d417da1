"""Data stores on this machine: a folder each."""

from __future__ import annotations

from urllib.parse import urlsplit

from modelwright.assembly.value import Lookup, Value
from modelwright.contract.outputs import DataStoreOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.data_store import DataStore


def lower(store: DataStore, scope: Scope) -> DataStoreOutputs:
    """Add the store's folder; one that exists already is only named, relative to the project's folder."""
    if store.uri is not None:
        return DataStoreOutputs(uri=_existing(store.uri.rstrip("/")))
    inputs = {"path": f"data/{store.name}", **({"retention": store.retention.seconds} if store.retention else {})}
    folder = scope.add("local:Directory", inputs, holds_data=True)
    return DataStoreOutputs(uri=folder.ref("uri"))


def _existing(uri: str) -> Value:
    return uri if len(urlsplit(uri).scheme) > 1 else Lookup("local:uri", {"path": uri})
