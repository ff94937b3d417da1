"""Adapters of another distribution: one that promises nothing and keeps it, and one for each way of lying."""

from __future__ import annotations

import re

HONEST = """
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from modelwright.contract.adapter import Adapter
from modelwright.contract import outputs as given
from modelwright.contract.place import Location
from modelwright.contract.support import Support, emulated, native, never, todo
from modelwright.spec.feature import FEATURES


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    region: str = "eu"


def training(job, scope):
    return given.TrainingOutputs(name=job.name)


NOTHING = {
    "foundation": lambda project, scope: given.FoundationOutputs(control="acme://control", code="acme://code"),
    "identity": lambda duty, scope: given.IdentityOutputs(id=duty.name),
    "schedule": lambda schedule, scope: given.ScheduleOutputs(name=schedule.owner),
    "data_store": lambda store, scope: given.DataStoreOutputs(uri=f"acme://{store.name}"),
    "feature_store": lambda store, scope: given.FeatureStoreOutputs(offline="acme://features"),
    "cluster": lambda cluster, scope: given.ClusterOutputs(name=cluster.name),
    "training": training,
    "model_registry": lambda registry, scope: given.ModelRegistryOutputs(uri="acme://models"),
    "endpoint": lambda endpoint, scope: given.EndpointOutputs(name=endpoint.name),
    "monitor": lambda monitor, scope: given.MonitorOutputs(name=monitor.name),
}
LATER = dict.fromkeys(FEATURES, todo("not written yet"))


def adapter(name, answers=None, kinds=None, **fields):
    return Adapter(**{
        "name": name,
        "settings": Settings,
        "support": Support({**LATER, **(answers or {})}, features=FEATURES),
        "kinds": {**NOTHING, **(kinds or {})},
        "scope": lambda settings, environment: {"region": settings.region, "environment": environment},
        "locate": lambda place: Location("acme://control", {"region": "eu", "environment": place.environment}),
        "driver": "acme_driver:open_driver",
        **fields,
    })


HONEST = adapter("honest")
"""

LIARS = """
import os

from acme_honest import *


def bucket(store, scope, **more):
    made = scope.add("acme:Bucket", {"name": scope.physical_name(), **more})
    return given.DataStoreOutputs(uri=made.ref("uri"))


def two(store, scope):
    scope.add("acme:Key", {}, part="key")
    return bucket(store, scope)


def asked(job, scope):
    scope.request("train", "acme.Train", {"config": scope.training_config(job), "env": scope.env(job.env)})
    return given.TrainingOutputs(name=job.name)


def poor(job, scope):
    config = {name: value for name, value in scope.training_config(job).items() if name != "seed"}
    scope.request("train", "acme.Train", {"config": config, "env": scope.env(job.env)})
    return given.TrainingOutputs(name=job.name)


def echoed(job, scope):
    body = {"spec": {name: value for name, value in job.document().items() if name != "env"}}
    scope.request("train", "acme.Train", {**body, "env": scope.env(job.env)})
    return given.TrainingOutputs(name=job.name)


def hashed(job, scope):
    from modelwright.canonical import digest_of

    scope.request("train", "acme.Train", {"spec": digest_of(job.document()), "env": scope.env(job.env)})
    return given.TrainingOutputs(name=job.name)


def leaking(job, scope):
    env = {name: os.environ.get(str(getattr(value, "name", "")), "") for name, value in job.env.items()}
    scope.request("train", "acme.Train", {"config": scope.training_config(job), "env": env})
    return given.TrainingOutputs(name=job.name)


def slotted(job, scope):
    from modelwright.assembly.value import Slot

    body = {"config": scope.training_config(job), "machine": Slot("machine")}
    scope.request("train", "acme.Train", body)
    return given.TrainingOutputs(name=job.name)


def curious(store, scope):
    with open(os.devnull) as file:
        return bucket(store, scope, seen=file.read())


def unordered(store, scope):
    return bucket(store, scope, zones=list({"a", "b", "c", "d", "e", "f", "g"}))


def heavy(store, scope):
    import acme_sdk

    return bucket(store, scope)


def counting(store, scope):
    return bucket(store, scope, place=[item.name for item in scope.project.resources].index(store.name))


def renaming(store, scope):
    from modelwright.assembly.resource import Resource

    scope._lowered.resources.append(Resource(store.name, "acme:Bucket", {}, owner=store.name))
    return given.DataStoreOutputs(uri="acme://x")


def clumsy(store, scope):
    return bucket(store, scope, place={"lake": 1}[store.name])


def served(endpoint, scope):
    from modelwright.assembly.value import Slot

    scope.request("serve", "acme.Serve", {"model": Slot("model_uri"), "queue": endpoint.queue})
    return given.EndpointOutputs(name=endpoint.name)


class Lax(BaseModel):
    model_config = ConfigDict(strict=True)
    region: str = "eu"


STORE = {"data_store.kind.object": native("acme:Bucket")}
TRAIN = {"training": native("acme.Train")}

SILENT = adapter("silent", STORE)
VAGUE = adapter("vague", {"data_store.kind.object": native()}, {"data_store": bucket})
EAGER = adapter("eager", {}, {"data_store": bucket})
MODEST = adapter("modest", {**TRAIN, "training.checkpoint": never("no disk", instead="retries")}, {"training": asked})
UNNAMED = adapter("unnamed", STORE, {"data_store": two})
SLOTLESS = adapter("slotless", {**TRAIN, "training.tuning": native("acme.Train$trial")}, {"training": asked})
USELESS = adapter("useless", {"endpoint.capture": native("acme.Serve")})
MUTE = adapter("mute", {"monitor": todo("")})
SHORT = adapter("short", support={name: todo("later") for name in FEATURES if name != "monitor"})
LONG = adapter("long", support={**LATER, "monitr": native("acme:Monitor")})
DEAD = adapter("dead", TRAIN, {"training": poor})
ECHO = adapter("echo", TRAIN, {"training": echoed})
HASHED = adapter("hashed", TRAIN, {"training": hashed})
LEAKING = adapter("leaking", {**TRAIN, "training.secrets": emulated("copied")}, {"training": leaking})
SLOTTED = adapter("slotted", TRAIN, {"training": slotted})
CURIOUS = adapter("curious", STORE, {"data_store": curious})
UNORDERED = adapter("unordered", STORE, {"data_store": unordered})
HEAVY = adapter("heavy", STORE, {"data_store": heavy})
COUNTING = adapter("counting", STORE, {"data_store": counting})
RENAMING = adapter("renaming", STORE, {"data_store": renaming})
CLUMSY = adapter("clumsy", STORE, {"data_store": clumsy})
SERVED = adapter(
    "served",
    {
        "model_registry": emulated("elsewhere"),
        "endpoint.mode.realtime": native("acme.Serve"),
        "endpoint.rollout.all_at_once": emulated("replaced"),
    },
    {"endpoint": served},
)
LAX = adapter("lax", settings=Lax)
ELSEWHERE = adapter("elsewhere", locate=lambda place: Location("acme://control", {"environment": place.environment}))
MIXED = adapter("mixed", TRAIN, {"training": lambda job, scope: given.MonitorOutputs(name=job.name)})
NOBODY = adapter("nobody", TRAIN, {"training": asked, "identity": lambda duty, scope: given.IdentityOutputs(id="")})
"""

SDK = {"acme_sdk": "CLIENT = 1\n"}
"""A library of a platform, in a distribution of its own."""

NAMES = [name.lower() for name in re.findall(r"^([A-Z]+) = adapter\(", LIARS, re.MULTILINE)]
"""The names of the adapters that lie."""


def modules() -> dict[str, str]:
    """Return the distribution's modules."""
    return {"acme_honest": HONEST, "acme_liars": LIARS}


def adapters() -> dict[str, str]:
    """Return the distribution's entry points."""
    liars = {name: f"acme_liars:{name.upper()}" for name in NAMES}
    broken = {"broken": "acme_honest:MISSING", "string": "acme_honest:__doc__"}
    return {"honest": "acme_honest:HONEST", **liars, **broken}
