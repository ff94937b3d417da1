"""An adapter for a cloud that exists in the tests only: what it lowers is written in the environment's settings.

`inputs` and `requests` are values by the declared resource's name, `providers` by package; nodes stand in their JSON
spelling, or as `Secret(…)` and `Given(…)`. So a test writes any value into a project and sees what becomes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import Lookup, Ref, Value, from_json
from modelwright.contract.adapter import KINDS, Adapter
from modelwright.contract.duty import Duty
from modelwright.contract.engine import Engine, Providers
from modelwright.contract.outputs import (
    ClusterOutputs,
    DataStoreOutputs,
    EndpointOutputs,
    FeatureStoreOutputs,
    FoundationOutputs,
    IdentityOutputs,
    ModelRegistryOutputs,
    MonitorOutputs,
    Outputs,
    ScheduleOutputs,
    TrainingOutputs,
)
from modelwright.contract.place import Location, Place
from modelwright.contract.scope import Scope
from modelwright.contract.support import Support, emulated
from modelwright.spec.data_store import DataStore
from modelwright.spec.feature import FEATURES
from modelwright.spec.plain import plain
from modelwright.spec.training import TrainingJob

BUCKET, POLICY, OBJECT = (f"acme:storage/{name.lower()}:{name}" for name in ("Bucket", "Policy", "Object"))
CALLER = "acme:index/getCaller:getCaller"


class Settings(BaseModel):
    """Settings of `Environment("acme", settings={…})`."""

    model_config = ConfigDict(extra="forbid")

    account: str = "111122223333"
    region: str = "north"
    inputs: dict[str, Any] = {}
    requests: dict[str, Any] = {}
    providers: dict[str, dict[str, Any]] = {}


def value_of(setting: Any) -> Value:
    """Return a setting as a value; `Secret(…)` and `Given(…)` in it become nodes."""
    return from_json(plain(setting))


def foundation(_project: object, scope: Scope) -> FoundationOutputs:
    control = scope.add(BUCKET, {"name": scope.physical_name("control")}, part="control", holds_data=True)
    return FoundationOutputs(control=control.ref("uri"), code=control.ref("uri"))


def data_store(store: DataStore, scope: Scope) -> DataStoreOutputs:
    inputs = {"name": scope.physical_name(), **value_of(scope.settings.inputs.get(store.name, {}))}
    bucket = scope.add(BUCKET, inputs, holds_data=True, replace_on=("zone",))
    policy = {"bucket": bucket.ref("id"), "zone": scope.settings.region}
    scope.add(POLICY, policy, part="policy", replace_on=("zone",))
    return DataStoreOutputs(uri=bucket.ref("uri"))


def training(job: TrainingJob, scope: Scope) -> TrainingOutputs:
    scope.request("train", "acme.Run", value_of(scope.settings.requests.get(job.name, {})))
    return TrainingOutputs(name=scope.physical_name())


def identity(duty: Duty, _scope: Scope) -> IdentityOutputs:
    return IdentityOutputs(id=duty.name)


def _named(kind: type[Outputs]) -> Any:
    return lambda _spec, scope: kind(name=scope.owner)  # type: ignore[call-arg]  # each of these kinds has a name


LOWER: Mapping[str, Any] = {
    "foundation": foundation,
    "identity": identity,
    "schedule": _named(ScheduleOutputs),
    "data_store": data_store,
    "feature_store": lambda _store, _scope: FeatureStoreOutputs(offline=""),
    "cluster": _named(ClusterOutputs),
    "training": training,
    "model_registry": lambda _registry, scope: ModelRegistryOutputs(uri=scope.foundation.control),
    "endpoint": _named(EndpointOutputs),
    "monitor": _named(MonitorOutputs),
}


def scope_of(settings: Settings, environment: str) -> Mapping[str, Value]:
    return {"account": Lookup(CALLER, {"region": settings.region}), "environment": environment}


def locate(place: Place) -> Location:
    return Location(control=(place.state / "control").as_uri(), scope={"account": place.settings.account})


def record(content: Value, _assembly: Assembly) -> Resource:
    inputs = {"bucket": Ref("foundation/control", "id"), "key": "platform.json", "content": content}
    return Resource("foundation/record", OBJECT, inputs, owner="foundation")


def providers(place: Place) -> Providers:
    return {package: value_of(inputs) for package, inputs in place.settings.providers.items()}


ADAPTER = Adapter(
    sdks={"acme": "pulumi_acme"},  # which nobody has installed: nothing is held against it
    name="acme",
    settings=Settings,
    support=Support(dict.fromkeys(FEATURES, emulated("in the tests' state only")), features=FEATURES),
    kinds={kind: LOWER[kind] for kind in KINDS},
    scope=scope_of,
    locate=locate,
    driver="acme_adapter:none",
    engine=Engine(record=record, providers=providers, lookups={CALLER: "account"}),
)
