"""Model registries on this machine: versions lie in the control store, under their digest."""

from __future__ import annotations

from modelwright.adapters.local import job
from modelwright.assembly.value import Join
from modelwright.contract.outputs import ModelRegistryOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.model_registry import ModelRegistry


def lower(registry: ModelRegistry, scope: Scope) -> ModelRegistryOutputs:
    """Add for each model the evaluation of its versions, and the scoring of any rows."""
    for model in registry.models:
        if model.evaluation is not None:
            config = scope.evaluation_config(model)
            scope.request("evaluate", job.OPERATION, job.body("evaluate", config, scope), part=model.name)
        batch = job.body("batch", scope.model_batch_config(model), scope)
        scope.request("batch", job.OPERATION, batch, part=model.name)
    return ModelRegistryOutputs(uri=Join((scope.foundation.control, "/models")))
