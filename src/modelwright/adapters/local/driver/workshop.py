"""All makers by token, and resources handed to them with their inputs made plain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.adapters.local.driver.address import AddressMaker
from modelwright.adapters.local.driver.folder import StateFolder
from modelwright.adapters.local.driver.makers import (
    ControlMaker,
    DirectoryMaker,
    Maker,
    OnlineStoreMaker,
    ScheduleMaker,
)
from modelwright.adapters.local.driver.values import plain_inputs, resolved
from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Value
from modelwright.errors import UsageError, did_you_mean

Outputs = Mapping[str, Mapping[str, Any]]


class Workshop:
    """Makes, finds and removes the resources of one environment."""

    def __init__(self, folder: StateFolder) -> None:
        self._project_dir = folder.project_dir
        self._makers: Mapping[str, Maker] = {
            "local:Directory": DirectoryMaker(folder),
            "local:ControlStore": ControlMaker(folder),
            "local:OnlineStore": OnlineStoreMaker(folder),
            "local:Address": AddressMaker(folder),
            "local:Schedule": ScheduleMaker(),
        }

    def make(self, resource: Resource, outputs: Outputs) -> dict[str, Any]:
        """Make a resource or leave it as it is; return what it offers. `outputs` are those of the resources before."""
        inputs = self._inputs(resource, outputs)
        self._maker(resource).make(inputs)
        return self._maker(resource).outputs(inputs)

    def adopt(self, former: Resource, resource: Resource) -> None:
        """Turn what exists as `former` into `resource`."""
        self._maker(resource).adopt(self._inputs(former, {}), self._inputs(resource, {}))

    def remove(self, resource: Resource) -> None:
        """Remove a resource; no error when it is gone."""
        self._maker(resource).remove(self._inputs(resource, {}))

    def missing(self, resource: Resource) -> str:
        """Say what of a resource is not as it should be, or return nothing."""
        return self._maker(resource).missing(self._inputs(resource, {}))

    def offers(self, resource: Resource) -> dict[str, Any]:
        """Return what a resource with plain inputs offers now."""
        return self._maker(resource).outputs(self._inputs(resource, {}))

    def has_data(self, resource: Resource) -> bool:
        """Return whether removing a resource would lose data."""
        return self._maker(resource).data(self._inputs(resource, {}))

    def outputs(self, assembly: Assembly) -> dict[str, dict[str, Any]]:
        """Return what everything offers as it is now."""
        found: dict[str, dict[str, Any]] = {}
        for resource in assembly.resources:
            found[resource.name] = self._maker(resource).outputs(self._inputs(resource, found))
        return found

    def resolve(self, value: Value, outputs: Outputs) -> Value:
        """Return a value with references and lookups answered."""
        return resolved(value, outputs, self._project_dir)

    def _maker(self, resource: Resource) -> Maker:
        if resource.token not in self._makers:
            raise UsageError(f"the local platform makes no {resource.token!r}",
                             remedy=did_you_mean(resource.token, self._makers))  # fmt: skip
        return self._makers[resource.token]

    def _inputs(self, resource: Resource, outputs: Outputs) -> dict[str, Any]:
        return plain_inputs(resource.inputs, outputs, self._project_dir)
