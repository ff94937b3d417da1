"""What this machine can do: an answer for every feature, and those that an environment's settings change."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.adapters.local.settings import LocalSettings
from modelwright.contract.support import Answer, Support, emulated, native, never
from modelwright.spec.feature import FEATURES

_ACCELERATOR = never(
    "accelerators of this machine are not managed", instead='settings={"accelerators": "ignore"} runs without them'
)
_ONE_SERVER = "one server process per version answers everything on this machine, whatever the number of instances"
_OUTBOX = "alerts are written to outbox/*.json in the environment's state folder"
_INTERPRETER = "no image is built: processes run in the project's own interpreter"

ANSWERS: Mapping[str, Answer] = {
    "resource.adopt": never("a folder has no id", instead="DataStore.existing(name, uri=…)"),
    "resource.labels": emulated("kept in the platform record; files carry no labels"),
    "resource.protect": native(),
    "data_store.kind.object": native(),
    "data_store.kind.table": emulated("Parquet files in a folder"),
    "data_store.kind.stream": never("nothing carries a stream here", instead="write files to an object store's folder"),
    "data_store.kind.volume": emulated("a folder; its size is not enforced"),
    "data_store.versioned": emulated("every run records its inputs' digests; what is overwritten is not kept"),
    "data_store.retention": emulated("`modelwright up` removes files that came longer ago; nothing does so in between"),
    "data_store.existing": native(),
    "feature_store.offline": native(),
    "feature_store.online": native(),
    "feature_store.refresh": emulated("`modelwright operate` runs the schedule while it runs"),
    "feature_store.ttl": native(),
    "cluster.accelerator": _ACCELERATOR,
    "cluster.accelerator.fallback": _ACCELERATOR,
    "cluster.autoscale": emulated("this machine is all there is; jobs share it"),
    "cluster.scale_to_zero": emulated("no process is left when no job runs"),
    "cluster.multi_node": emulated("this machine stands for all nodes; a run that itself needs several is refused"),
    "cluster.spot": emulated("this machine is not taken away"),
    "cluster.priority": never("jobs share this machine without order", instead='priority="normal"'),
    "cluster.queue": emulated("jobs start at once and share this machine"),
    "cluster.reservation": never(
        "there is nothing to reserve", instead="leave it out for this environment by an override"
    ),
    "cluster.warm": emulated("this machine is always there"),
    "cluster.max_hourly_cost": emulated("an hour of this machine costs nothing"),
    "training": native(),
    "training.features": native(),
    "training.tuning": native(),
    "training.tuning.parallel": native(),
    "training.retries": native(),
    "training.checkpoint": native(),
    "training.distributed": never("there is one machine", instead="nodes=1 for this environment by an override"),
    "training.processes": never("a run is one process", instead="processes=1 for this environment by an override"),
    "training.image": emulated(_INTERPRETER),
    "training.secrets": emulated("read from MODELWRIGHT_SECRET_<NAME> when a run starts"),
    "training.unsafe_formats": native(),
    "model_registry": native(),
    "model_registry.evaluation": native(),
    "model_registry.gate.threshold": native(),
    "model_registry.gate.beats": native(),
    "model_registry.gate.passes": native(),
    "model_registry.gate.soak": native(),
    "model_registry.gate.approval": emulated("roles are told by whoever approves, by convention"),
    "model_registry.gate.cost": emulated("an hour of this machine costs nothing, so it always passes"),
    "endpoint.mode.realtime": native(),
    "endpoint.mode.serverless": native(),
    "endpoint.mode.async": never("no queue of requests outlives a process here", instead='mode="realtime" or "batch"'),
    "endpoint.mode.batch": native(),
    "endpoint.weights": native(),
    "endpoint.shadow": native(),
    "endpoint.shadow.sampled": native(),
    "endpoint.autoscale.requests_per_second": emulated(_ONE_SERVER),
    "endpoint.autoscale.concurrency": emulated(_ONE_SERVER),
    "endpoint.autoscale.cpu": emulated(_ONE_SERVER),
    "endpoint.scale_to_zero": native(),
    "endpoint.instances": emulated(_ONE_SERVER),
    "endpoint.accelerator": _ACCELERATOR,
    "endpoint.resources": emulated("processes share this machine; no cores or memory are set aside"),
    "endpoint.capture": native(),
    "endpoint.event_time": native(),
    "endpoint.image": emulated(_INTERPRETER),
    "endpoint.secrets": emulated(
        "read from MODELWRIGHT_SECRET_<NAME> at a release and kept in a file only you can read"
    ),
    "endpoint.schedule": emulated("`modelwright operate` runs the schedule while it runs"),
    "endpoint.rollout.all_at_once": native(),
    "endpoint.rollout.canary": native(),
    "endpoint.rollout.canary.conditions": native(),
    "endpoint.guardrail.range": native(),
    "endpoint.guardrail.category": native(),
    "endpoint.guardrail.missing": native(),
    "endpoint.guardrail.confidence": native(),
    "endpoint.guardrail.flag": native(),
    "endpoint.guardrail.override": native(),
    "endpoint.guardrail.fallback": native(),
    "endpoint.guardrail.abstain": native(),
    "endpoint.guardrail.reject": native(),
    "monitor": native(),
    "monitor.check.drift": native(),
    "monitor.check.quality": native(),
    "monitor.check.performance": native(),
    "monitor.check.bias": native(),
    "monitor.check.attribution": native(),
    "monitor.alert.email": emulated(_OUTBOX),
    "monitor.alert.webhook": emulated(_OUTBOX),
    "monitor.retrain": native(),
    "environment.protect": native(),
    "environment.private": never("this machine has no private network", instead="endpoints listen on 127.0.0.1 only"),
    "environment.encryption_key": never("files are not encrypted here", instead="an encrypted disk"),
    "environment.location": never("data lies where this machine is", instead="leave it out for this environment"),
    "image.base": emulated(_INTERPRETER),
    "image.requirements": emulated(_INTERPRETER),
    "project.budget": emulated("an hour of this machine costs nothing"),
}

SUPPORT = Support(ANSWERS, features=FEATURES)


def granted(settings: LocalSettings) -> Mapping[str, Answer]:
    """Return the answers that settings change: accelerators that are asked for may be ignored."""
    if settings.accelerators == "refuse":
        return {}
    ignored = emulated("ignored: everything runs on this machine's processors")
    return {name: ignored for name, answer in SUPPORT.items() if answer is _ACCELERATOR}
