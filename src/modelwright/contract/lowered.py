"""What has been lowered so far: the one mutable thing of a compilation, which ends when the assembly is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from modelwright.assembly.request import Request
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Join, Value
from modelwright.contract.outputs import DataStoreOutputs, FeatureStoreOutputs, FoundationOutputs, Outputs
from modelwright.errors import UsageError
from modelwright.spec.project import Resolved
from modelwright.spec.reference import DataPath

FOUNDATION = "foundation"
Kind = TypeVar("Kind", bound=Outputs)


@dataclass
class Lowered:
    """Resources, requests, outputs by declared name, and identities by duty, in the order in which they were added."""

    project: Resolved
    settings: Any
    resources: list[Resource] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    outputs: dict[str, Outputs] = field(default_factory=dict)
    identities: dict[str, Value] = field(default_factory=dict)
    physical: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, name: str, kind: type[Kind]) -> Kind:
        """Return what a resource offers. Raises `UsageError` when it is not lowered yet or is of another kind."""
        found = self.outputs.get(name)
        if not isinstance(found, kind):
            raise UsageError(
                f"{name} offers no {kind.__name__} yet", remedy="a resource is lowered after those it uses"
            )
        return found

    @property
    def foundation(self) -> FoundationOutputs:
        """What the environment's foundation offers."""
        return self.of(FOUNDATION, FoundationOutputs)

    def data(self, path: DataPath) -> Value:
        """Return the URI of a place in a data store."""
        uri = self.of(path.store, DataStoreOutputs).uri
        return Join((uri, f"/{path.path}")) if path.path else uri

    def feature_store(self, name: str) -> FeatureStoreOutputs:
        """Return what a feature store offers."""
        return self.of(name, FeatureStoreOutputs)
