"""The config of a training run."""

from __future__ import annotations

from typing import Any

from modelwright.assembly.value import Slot, Value
from modelwright.contract.lowered import Lowered
from modelwright.contract.workload.features import offline_features
from modelwright.spec.project import Resolved
from modelwright.spec.training import TrainingJob


def training_config(job: TrainingJob, lowered: Lowered) -> dict[str, Value]:
    """Return the config of a run of a job; what a run alone knows stays open: `run`, `hyperparameters`, `at`."""
    return {
        "schema": "modelwright.train/1",
        "job": job.name,
        "run": Slot("run"),
        "entrypoint": str(job.entrypoint),
        "root": lowered.foundation.code,
        "inputs": {name: {"uri": lowered.data(path)} for name, path in job.inputs.items()},
        "features": offline_features(job.features, lowered),
        "hyperparameters": Slot("hyperparameters"),
        "output": lowered.foundation.control,
        "checkpoint": job.checkpoint.seconds if job.checkpoint else None,
        "timeout": job.timeout.seconds,
        "holdout": _holdout(job, lowered.project),
        "tuning": job.tuning.document() if job.tuning else None,
        "seed": job.seed,
        "allow_formats": list(job.allow_formats),
        "now": Slot("at"),
    }


def _holdout(job: TrainingJob, project: Resolved) -> dict[str, Any] | None:
    """Return which rows of which input the job never sees: those that its model is judged on."""
    for model in project.inventory.models:
        if model.holdout is None or model.training is None or model.training.name != job.name:
            continue
        for name, path in job.inputs.items():
            if path == model.evaluation:
                rows = {"input": name, "where": model.holdout.to_sql()}
                return {**rows, "block": model.block, "timestamp": model.timestamp}
    return None
