"""The configs that workloads read, the same on every platform, with references and slots inside."""

from modelwright.contract.workload.batch import batch_config, model_batch_config
from modelwright.contract.workload.evaluate import evaluation_config
from modelwright.contract.workload.features import materialise_config
from modelwright.contract.workload.monitor import monitor_config
from modelwright.contract.workload.serve import serving_config
from modelwright.contract.workload.train import training_config
from modelwright.contract.workload.variables import environment_variables

__all__ = [
    "batch_config",
    "environment_variables",
    "evaluation_config",
    "materialise_config",
    "model_batch_config",
    "monitor_config",
    "serving_config",
    "training_config",
]
