"""Where one resource is placed while it is lowered: its names, what it adds, and what it may refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from modelwright.assembly.request import Purpose, Request
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Value
from modelwright.contract import workload
from modelwright.contract.lowered import Lowered
from modelwright.contract.names import physical_name
from modelwright.contract.outputs import FeatureStoreOutputs, FoundationOutputs, Outputs
from modelwright.errors import UsageError
from modelwright.spec.base import Resource as Declared
from modelwright.spec.endpoint import Endpoint
from modelwright.spec.feature_store import FeatureStore, FeatureView
from modelwright.spec.model_registry import Model
from modelwright.spec.monitor import Monitor
from modelwright.spec.project import Resolved
from modelwright.spec.reference import DataPath
from modelwright.spec.training import TrainingJob

Kind = TypeVar("Kind", bound=Outputs)


class Scope:
    """One declared resource (or the foundation) being lowered into `lowered`."""

    def __init__(self, lowered: Lowered, owner: str) -> None:
        self._lowered = lowered
        self.owner = owner
        self._declared: Declared | None = lowered.project.inventory.find(owner)

    @property
    def project(self) -> Resolved:
        """The project as this environment sees it."""
        return self._lowered.project

    @property
    def environment(self) -> str:
        """The environment's name."""
        return self._lowered.project.environment_name

    @property
    def settings(self) -> Any:
        """The environment's settings, validated by the adapter's model."""
        return self._lowered.settings

    @property
    def foundation(self) -> FoundationOutputs:
        """What the environment's foundation offers."""
        return self._lowered.foundation

    @property
    def tags(self) -> dict[str, str]:
        """What everything made carries: the labels declared, and what finds it when it is left over."""
        return {
            **self.project.project.labels,
            **(self._declared.labels if self._declared else {}),
            "modelwright:project": self.project.name,
            "modelwright:environment": self.environment,
            "modelwright:resource": self.owner,
        }

    def physical_name(self, part: str = "", *, limit: int = 32) -> str:
        """Return the platform's name for this resource or a part of it.

        A renamed resource keeps the name of its first name. Raises `UsageError` if two identities meet in one name.
        """
        first = self._former[0] if self._former else self.owner
        identity = (self.project.name, self.environment, first, part)
        name = physical_name(identity, limit=limit)
        if self._lowered.physical.setdefault(name, identity) != identity:
            raise UsageError(f"{identity} and {self._lowered.physical[name]} have the same physical name {name!r}")
        return name

    def add(
        self,
        token: str,
        inputs: Mapping[str, Value],
        *,
        part: str = "",
        holds_data: bool = False,
        depends_on: tuple[str, ...] = (),
        replace_on: tuple[str, ...] = (),
    ) -> Resource:
        """Add a resource, named after its owner and `part`; what the owner declares of protection and order holds."""
        resource = Resource(
            name=f"{self.owner}/{part}" if part else self.owner,
            token=token,
            inputs=inputs,
            owner=self.owner,
            depends_on=(*depends_on, *self._declared_order),
            protect=bool(self.project.environment.protect or (self._declared and self._declared.protect)),
            holds_data=holds_data,
            renamed_from=tuple(f"{old}/{part}" if part else old for old in self._former),
            replace_on=replace_on,
        )
        self._lowered.resources.append(resource)
        return resource

    def request(
        self, purpose: Purpose, operation: str, body: Mapping[str, Value], *, part: str = "", step: str = ""
    ) -> Request:
        """Add a request, named `<owner>/<purpose>` or `<owner>.<part>/<purpose>`.

        Where a purpose takes several calls, each further one has a `step`, as in `delay-api/serve.config`.
        """
        subject = f"{self.owner}.{part}" if part else self.owner
        name = f"{subject}/{purpose}.{step}" if step else f"{subject}/{purpose}"
        request = Request(name, purpose, operation, body, self.owner)
        self._lowered.requests.append(request)
        return request

    def of(self, name: str, kind: type[Kind]) -> Kind:
        """Return what another resource offers. Raises `UsageError` when it is not lowered yet or is of another kind."""
        return self._lowered.of(name, kind)

    def data(self, path: DataPath) -> Value:
        """Return the URI of a place in a data store."""
        return self._lowered.data(path)

    def identity(self, duty: str) -> Value:
        """Return who performs a duty such as `trainer/train-delay`. Raises `UsageError` for one that nobody has."""
        if duty not in self._lowered.identities:
            raise UsageError(f"nobody has the duty {duty!r}", remedy=f"one of: {', '.join(self._lowered.identities)}")
        return self._lowered.identities[duty]

    def training_config(self, job: TrainingJob) -> Mapping[str, Value]:
        """Return the workload config of a run (`modelwright.train/1`)."""
        return workload.training_config(job, self._lowered)

    def serving_config(self, endpoint: Endpoint) -> Mapping[str, Value]:
        """Return the workload config of a variant (`modelwright.serve/1`)."""
        return workload.serving_config(endpoint, self._lowered)

    def evaluation_config(self, model: Model) -> Mapping[str, Value]:
        """Return the workload config of an evaluation (`modelwright.evaluate/1`)."""
        return workload.evaluation_config(model, self._lowered)

    def monitor_config(self, monitor: Monitor) -> Mapping[str, Value]:
        """Return the workload config of a monitor (`modelwright.monitor/1`)."""
        return workload.monitor_config(monitor, self._lowered)

    def materialise_config(
        self, store: FeatureStore, view: FeatureView, outputs: FeatureStoreOutputs
    ) -> Mapping[str, Value]:
        """Return the workload config of a view's materialisation (`modelwright.materialise/1`)."""
        return workload.materialise_config(store, view, outputs, self._lowered)

    def batch_config(self, endpoint: Endpoint) -> Mapping[str, Value]:
        """Return the workload config of a batch endpoint's run (`modelwright.batch/1`)."""
        return workload.batch_config(endpoint, self._lowered)

    def model_batch_config(self, model: Model) -> Mapping[str, Value]:
        """Return the workload config for scoring any rows with a version of a model (`modelwright.batch/1`)."""
        return workload.model_batch_config(model, self._lowered)

    def env(self, *variables: Mapping[str, Any]) -> Mapping[str, Value]:
        """Return environment variables, later ones winning, with secrets and given values as nodes."""
        return workload.environment_variables(self.project.image.env, *variables)

    @property
    def _former(self) -> tuple[str, ...]:
        return tuple(self._declared.renamed_from) if self._declared else ()

    @property
    def _declared_order(self) -> tuple[str, ...]:
        """All resources of those that the owner is declared to depend on."""
        wanted = {str(getattr(item, "name", item)) for item in (self._declared.depends_on if self._declared else ())}
        return tuple(item.name for item in self._lowered.resources if item.owner in wanted)
