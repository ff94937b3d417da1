"""The adapter: where things lie in the shared folder, and what a training job becomes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from modelwright.assembly.value import Lookup, Value
from modelwright.contract.adapter import Adapter
from modelwright.contract.duty import Duty
from modelwright.contract.outputs import (
    ClusterOutputs,
    DataStoreOutputs,
    EndpointOutputs,
    FeatureStoreOutputs,
    FoundationOutputs,
    IdentityOutputs,
    ModelRegistryOutputs,
    MonitorOutputs,
    ScheduleOutputs,
    TrainingOutputs,
)
from modelwright.contract.place import Location, Place
from modelwright.contract.schedule import Schedule
from modelwright.contract.scope import Scope
from modelwright.spec.base import Resource
from modelwright.spec.data_store import DataStore
from modelwright.spec.project import Resolved
from modelwright.spec.training import TrainingJob
from spool_modelwright.support import SUPPORT

FOLDER = "spool:Folder"
SUBMIT = "spool.Submit"


class Settings(BaseModel):
    """Settings of `Environment("spool", settings={"folder": "/mnt/spool"})`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    folder: str
    """The shared folder, as this machine and the workers see it."""


def foundation(_project: Resolved, scope: Scope) -> FoundationOutputs:
    """Add the control store, and the folder that workers look into."""
    control = scope.add(FOLDER, {"path": "control"}, part="control", holds_data=True)
    scope.add(FOLDER, {"path": "incoming"}, part="incoming")
    return FoundationOutputs(control=control.ref("uri"), code=Lookup("spool:project"))


def data_store(store: DataStore, scope: Scope) -> DataStoreOutputs:
    """Add a folder under a name that stays when the store is renamed; an existing store is only named."""
    if store.uri is not None:
        return DataStoreOutputs(uri=store.uri)
    made = scope.add(FOLDER, {"path": f"data/{scope.physical_name()}"}, holds_data=True)
    return DataStoreOutputs(uri=made.ref("uri"))


def training(job: TrainingJob, scope: Scope) -> TrainingOutputs:
    """Add the file that a run puts into the spool: the workload's config, and how the worker is to run it."""
    body = {
        "verb": "train",
        "config": scope.training_config(job),
        "env": scope.env(job.env),
        "timeout": job.timeout.seconds,
        "retries": job.retries,
    }
    scope.request("train", SUBMIT, body)
    return TrainingOutputs(name=job.name)


def identity(_duty: Duty, _scope: Scope) -> IdentityOutputs:
    """Whoever may write into the folder may do everything."""
    return IdentityOutputs(id="whoever may write to the shared folder")


def schedule(schedule: Schedule, _scope: Scope) -> ScheduleOutputs:
    """Nothing here runs by the clock; whatever would is refused by the support table."""
    return ScheduleOutputs(name=schedule.owner)


def cluster(cluster: Resource, _scope: Scope) -> ClusterOutputs:
    """The workers are all there is."""
    return ClusterOutputs(name=cluster.name)


def where(settings: Settings, environment: str) -> Mapping[str, Value]:
    """Return the scope: the same folder and environment, or an apply is refused."""
    return {"folder": settings.folder, "environment": environment}


def locate(place: Place) -> Location:
    """Return where the control store is, from the settings alone."""
    root = Path(place.settings.folder).absolute() / place.project / place.environment
    scope = {"folder": place.settings.folder, "environment": place.environment}
    return Location(control=(root / "control").as_uri(), scope=scope)


ADAPTER = Adapter(
    name="spool",
    settings=Settings,
    support=SUPPORT,
    kinds={
        "foundation": foundation,
        "identity": identity,
        "schedule": schedule,
        "data_store": data_store,
        "cluster": cluster,
        "training": training,
        # Refused by the support table until they are written; the kit finds out when they are and the table is not.
        "feature_store": lambda store, _scope: FeatureStoreOutputs(offline=f"{store.name} is not lowered"),
        "model_registry": lambda registry, _scope: ModelRegistryOutputs(uri=f"{registry.name} is not lowered"),
        "endpoint": lambda endpoint, _scope: EndpointOutputs(name=endpoint.name),
        "monitor": lambda monitor, _scope: MonitorOutputs(name=monitor.name),
    },
    scope=where,
    locate=locate,
    driver="spool_modelwright.driver:open_driver",
    platform="spool_modelwright.driver:SpoolPlatform",
)
