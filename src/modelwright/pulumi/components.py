"""One component per declared resource: what the engine shows, and what the program reads outputs from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

import pulumi

from modelwright.errors import NotFoundError, UsageError, did_you_mean


class Declared(pulumi.ComponentResource):
    """A declared resource, with the provider's resources that it was lowered to beneath it."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        self.declared_name = name
        self._offered: Mapping[str, pulumi.Output[Any]] = {}
        super().__init__(f"modelwright:index:{type(self).__name__}", name, None, opts)

    def offer(self, outputs: Mapping[str, Any]) -> None:
        """Register what the resource offers; everything beneath it has been registered."""
        self._offered = {name: pulumi.Output.from_input(value) for name, value in outputs.items()}
        self.register_outputs(dict(self._offered))

    def offered(self, name: str) -> pulumi.Output[Any]:
        """Return an output by name. Raises `UsageError` naming what there is."""
        if name not in self._offered:
            said = f"{type(self).__name__} {self.declared_name} offers no {name!r}"
            raise UsageError(said, remedy=did_you_mean(name, self._offered))
        return self._offered[name]


class Foundation(Declared):
    """What every environment gets."""

    @property
    def control(self) -> pulumi.Output[str]:
        """The control store's URI."""
        return self.offered("control")


class DataStore(Declared):
    """A data store."""

    @property
    def uri(self) -> pulumi.Output[str]:
        """Where it is."""
        return self.offered("uri")


class FeatureStore(Declared):
    """A feature store."""

    @property
    def offline(self) -> pulumi.Output[str]:
        """Where feature views lie."""
        return self.offered("offline")


class Cluster(Declared):
    """A cluster."""

    @property
    def name(self) -> pulumi.Output[str]:
        """Its name on the platform."""
        return self.offered("name")


class TrainingJob(Declared):
    """A training job."""

    @property
    def name(self) -> pulumi.Output[str]:
        """Its name on the platform."""
        return self.offered("name")


class ModelRegistry(Declared):
    """A model registry."""

    @property
    def uri(self) -> pulumi.Output[str]:
        """Where registered versions lie."""
        return self.offered("uri")


class Endpoint(Declared):
    """An endpoint."""

    @property
    def name(self) -> pulumi.Output[str]:
        """Its name on the platform."""
        return self.offered("name")

    @property
    def url(self) -> pulumi.Output[str]:
        """Its address. Raises `UsageError` where that is known only after a release, and for batch."""
        return self.offered("url")


class Monitor(Declared):
    """A monitor."""

    @property
    def name(self) -> pulumi.Output[str]:
        """Its name on the platform."""
        return self.offered("name")


KINDS: Mapping[str, type[Declared]] = {
    "foundation": Foundation,
    "data_store": DataStore,
    "feature_store": FeatureStore,
    "cluster": Cluster,
    "training": TrainingJob,
    "model_registry": ModelRegistry,
    "endpoint": Endpoint,
    "monitor": Monitor,
}
"""The component of each kind, by the kind's name in documents."""

Kind = TypeVar("Kind", bound=Declared)


class Named(dict[str, Kind], Generic[Kind]):
    """The components of one kind, by name. Raises `NotFoundError` naming the nearest for a name that does not exist."""

    def __init__(self, kind: type[Kind], components: Iterable[Declared]) -> None:
        super().__init__({each.declared_name: each for each in components if isinstance(each, kind)})
        self._kind = kind.__name__

    def __missing__(self, name: str) -> Kind:
        raise NotFoundError(f"there is no {self._kind} {name!r}", remedy=did_you_mean(name, self))
