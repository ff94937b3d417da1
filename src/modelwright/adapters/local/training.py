"""Training jobs on this machine: a process of the project's interpreter."""

from __future__ import annotations

from modelwright.adapters.local import job
from modelwright.assembly.value import Value
from modelwright.contract.outputs import ClusterOutputs, TrainingOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.training import TrainingJob


def lower(training: TrainingJob, scope: Scope) -> TrainingOutputs:
    """Add the request that starts a run; trials of a tuning run inside it."""
    image = training.image.env if training.image else {}
    bounds: dict[str, Value] = {
        "timeout": training.timeout.seconds,
        "retries": training.retries,
        "limits": {"memory_bytes": _memory(training, scope)},
    }
    config = scope.training_config(training)
    scope.request("train", job.OPERATION, job.body("train", config, scope, env={**image, **training.env}, **bounds))
    return TrainingOutputs(name=training.name)


def _memory(training: TrainingJob, scope: Scope) -> Value:
    return scope.of(training.cluster.name, ClusterOutputs).extra["memory_bytes"] if training.cluster else None
