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
_GUARDED = native("local.Serve#body.config.guardrails")
_CHECKED = native("local.Job#body.config.checks")
_INTERPRETER = "no image is built: processes run in the project's own interpreter"

ANSWERS: Mapping[str, Answer] = {
    "resource.adopt": never("a folder has no id", instead="DataStore.existing(name, uri=…)"),
    "resource.labels": emulated("kept in the platform record; files carry no labels"),
    "resource.protect": native("local:Directory#protect"),
    "data_store.kind.object": native("local:Directory"),
    "data_store.kind.table": emulated("Parquet files in a folder"),
    "data_store.kind.stream": never("nothing carries a stream here", instead="write files to an object store's folder"),
    "data_store.kind.volume": emulated("a folder; its size is not enforced"),
    "data_store.versioned": emulated("every run records its inputs' digests; what is overwritten is not kept"),
    "data_store.retention": emulated("`modelwright up` removes files that came longer ago; nothing does so in between"),
    "data_store.existing": native("local.Job#body.config.inputs"),
    "feature_store.offline": native("local.Job"),
    "feature_store.online": native(
        "local:OnlineStore", "local.Job#body.config.online", "local.Job#body.config.view.online"
    ),
    "feature_store.refresh": emulated("`modelwright operate` runs the schedule while it runs"),
    "feature_store.ttl": native("local.Job#body.config.view.ttl"),
    "cluster.accelerator": _ACCELERATOR,
    "cluster.accelerator.fallback": _ACCELERATOR,
    "cluster.cpus": emulated("a run may use every core of this machine"),
    "cluster.memory": native("local.Job#body.limits.memory_bytes"),
    "cluster.disk": emulated("a run may use all the disk that this machine has free"),
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
    "training": native("local.Job"),
    "training.features": native("local.Job#body.config.features"),
    "training.tuning": native("local.Job#body.config.tuning"),
    "training.tuning.parallel": native("local.Job#body.config.tuning.parallel"),
    "training.retries": native("local.Job#body.retries"),
    "training.checkpoint": native("local.Job#body.config.checkpoint"),
    "training.distributed": never("there is one machine", instead="nodes=1 for this environment by an override"),
    "training.processes": never("a run is one process", instead="processes=1 for this environment by an override"),
    "training.image": emulated(_INTERPRETER),
    "training.secrets": emulated("read from MODELWRIGHT_SECRET_<NAME> when a run starts"),
    "training.unsafe_formats": native("local.Job#body.config.allow_formats"),
    "model_registry": native("local.Job"),
    "model_registry.evaluation": native("local.Job"),
    "model_registry.gate.threshold": native("local.Job#body.config.metrics"),
    "model_registry.gate.beats": native("local.Job#body.config.metrics", "local.Job#body.config.comparisons"),
    "model_registry.gate.passes": native("local.Job#body.config.checks"),
    "model_registry.gate.soak": native("local.Route$mirror"),
    "model_registry.gate.approval": emulated("roles are told by whoever approves, by convention"),
    "model_registry.gate.cost": emulated("an hour of this machine costs nothing, so it always passes"),
    "endpoint.mode.realtime": native("local:Address", "local.Serve", "local.Route", "local.Retire"),
    "endpoint.mode.serverless": native("local:Address", "local.Serve", "local.Route", "local.Retire"),
    "endpoint.mode.async": never("no queue of requests outlives a process here", instead='mode="realtime" or "batch"'),
    "endpoint.mode.batch": native("local.Batch", "local.Job"),
    "endpoint.weights": native("local.Route$weights"),
    "endpoint.shadow": native("local.Route$mirror"),
    "endpoint.shadow.sampled": native("local.Route$mirror"),
    "endpoint.autoscale.requests_per_second": emulated(_ONE_SERVER),
    "endpoint.autoscale.concurrency": emulated(_ONE_SERVER),
    "endpoint.autoscale.cpu": emulated(_ONE_SERVER),
    "endpoint.scale_to_zero": native("local.Serve#body.config.limits.idle_after"),
    "endpoint.instances": emulated(_ONE_SERVER),
    "endpoint.accelerator": _ACCELERATOR,
    "endpoint.resources": emulated("processes share this machine; no cores or memory are set aside"),
    "endpoint.capture": native("local.Serve#body.config.capture"),
    "endpoint.event_time": native("local.Serve#body.config.event_time"),
    "endpoint.image": emulated(_INTERPRETER),
    "endpoint.secrets": emulated("read from MODELWRIGHT_SECRET_<NAME> at a release; the router keeps them in memory"),
    "endpoint.schedule": emulated("`modelwright operate` runs the schedule while it runs"),
    "endpoint.rollout.all_at_once": native("local.Route$weights"),
    "endpoint.rollout.canary": native("local.Route$weights"),
    "endpoint.rollout.canary.conditions": native("local.Route$weights"),
    "endpoint.guardrail.range": _GUARDED,
    "endpoint.guardrail.category": _GUARDED,
    "endpoint.guardrail.missing": _GUARDED,
    "endpoint.guardrail.confidence": _GUARDED,
    "endpoint.guardrail.flag": _GUARDED,
    "endpoint.guardrail.override": _GUARDED,
    "endpoint.guardrail.fallback": native("local.Serve#body.config.guardrails", "local.Serve#body.config.fallback"),
    "endpoint.guardrail.abstain": _GUARDED,
    "endpoint.guardrail.reject": _GUARDED,
    "monitor": native("local.Job", "local:Schedule"),
    "monitor.check.drift": _CHECKED,
    "monitor.check.quality": _CHECKED,
    "monitor.check.performance": native("local.Job#body.config.checks", "local.Job#body.config.labels_within"),
    "monitor.check.bias": native("local.Job#body.config.checks", "local.Job#body.config.labels_within"),
    "monitor.check.attribution": _CHECKED,
    "monitor.alert.email": emulated(_OUTBOX),
    "monitor.alert.webhook": emulated(_OUTBOX),
    "monitor.retrain": native("local.Job$run"),
    "environment.protect": native("local:ControlStore#protect", "local:Directory#protect"),
    "environment.private": never("this machine has no private network", instead="endpoints listen on 127.0.0.1 only"),
    "environment.encryption_key": never("files are not encrypted here", instead="an encrypted disk"),
    "environment.location": never("data lies where this machine is", instead="leave it out for this environment"),
    "image.base": emulated(_INTERPRETER),
    "image.python": emulated('jobs run in the interpreter that the settings name: settings={"python": "…"}'),
    "image.requirements": emulated(_INTERPRETER),
    "image.secrets": emulated("read from MODELWRIGHT_SECRET_<NAME> when a process starts, and set for it alone"),
    "image.files": emulated("the project's folder is used where it lies"),
    "project.budget": emulated("an hour of this machine costs nothing"),
}

SUPPORT = Support(ANSWERS, features=FEATURES)


def granted(settings: LocalSettings) -> Mapping[str, Answer]:
    """Return the answers that settings change: accelerators that are asked for may be ignored."""
    if settings.accelerators == "refuse":
        return {}
    ignored = emulated("ignored: everything runs on this machine's processors")
    return {name: ignored for name, answer in SUPPORT.items() if answer is _ACCELERATOR}
