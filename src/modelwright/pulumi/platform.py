"""One environment of a project as a component of a Pulumi program."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi

from modelwright.contract.lowered import FOUNDATION
from modelwright.errors import UsageError
from modelwright.pulumi.answerable import refuse_unanswerable
from modelwright.pulumi.components import (
    Cluster,
    DataStore,
    Declared,
    Endpoint,
    FeatureStore,
    Foundation,
    ModelRegistry,
    Monitor,
    Named,
    TrainingJob,
)
from modelwright.pulumi.configuration import allowed_loss
from modelwright.pulumi.given import Gifts
from modelwright.pulumi.options import refuse_idle
from modelwright.pulumi.registration import Registration
from modelwright.pulumi.target import read_target
from modelwright.spec.project import Project

Kind = TypeVar("Kind", bound=Declared)


_HELD: WeakKeyDictionary[pulumi.Resource, str] = WeakKeyDictionary()
"""The platform of each stack that this process runs a program for."""


class Platform(pulumi.ComponentResource):
    """A project's platform in one environment: a component per declared resource, and the platform record last.

    `project` is a project or the path of its file or folder. Without `environment`, the stack's config
    `modelwright:environment` or the stack's name says which one is applied. `given` answers `Given(…)`: values,
    Outputs, or a `StackReference` for all that begins with its name. What holds data is protected, unless
    `allow_data_loss` or the config `modelwright:allow-data-loss` names it. A stack holds one platform.

    Raises `ModelwrightError` before anything is registered: whatever compiling raises, and `UsageError` for a stack
    config that contradicts the environment's settings, for values not given, and for options without effect.
    """

    def __init__(
        self,
        name: str,
        project: str | Path | Project = "project.py",
        *,
        environment: str | None = None,
        given: Mapping[str, Any] | None = None,
        allow_data_loss: Collection[str] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        refuse_idle(opts)
        target = read_target(project, environment)
        gifts, allowed = Gifts(given or {}), frozenset(allow_data_loss) | allowed_loss()
        refuse_unanswerable(target, gifts, allowed)
        _take_stack(name)
        super().__init__("modelwright:index:Platform", name, None, opts)
        self._assembly = target.assembly
        self._components = Registration(self, target, gifts, opts, allowed).register()
        self.register_outputs({"project": target.assembly.project, "environment": target.assembly.environment})

    @property
    def environment(self) -> str:
        """The environment that is applied."""
        return self._assembly.environment

    @property
    def foundation(self) -> Foundation:
        """What every environment gets."""
        return self._of(Foundation)[FOUNDATION]

    @property
    def data_stores(self) -> Mapping[str, DataStore]:
        """The data stores by name."""
        return self._of(DataStore)

    @property
    def feature_stores(self) -> Mapping[str, FeatureStore]:
        """The feature stores by name."""
        return self._of(FeatureStore)

    @property
    def clusters(self) -> Mapping[str, Cluster]:
        """The clusters by name."""
        return self._of(Cluster)

    @property
    def training_jobs(self) -> Mapping[str, TrainingJob]:
        """The training jobs by name."""
        return self._of(TrainingJob)

    @property
    def model_registries(self) -> Mapping[str, ModelRegistry]:
        """The model registries by name."""
        return self._of(ModelRegistry)

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """The endpoints by name."""
        return self._of(Endpoint)

    @property
    def monitors(self) -> Mapping[str, Monitor]:
        """The monitors by name."""
        return self._of(Monitor)

    def _of(self, kind: type[Kind]) -> Named[Kind]:
        return Named(kind, self._components.values())


def _take_stack(name: str) -> None:
    """Raise `UsageError` where the stack holds a platform: resources are named as the project names them."""
    stack = pulumi.runtime.get_root_resource()
    if stack is None:
        return
    if stack in _HELD:
        raise UsageError(f"platform {name!r} cannot stand beside {_HELD[stack]!r} in one stack",
                         remedy="give each environment of each project a stack of its own")  # fmt: skip
    _HELD[stack] = name
