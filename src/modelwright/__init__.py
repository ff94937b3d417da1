"""modelwright: one ML platform, declared once in Python.

Public names are loaded when first used, so that importing the package loads no pydantic, no numpy and no cloud library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelwright.client.connect import connect as connect
    from modelwright.spec.accelerator import Accelerator as Accelerator
    from modelwright.spec.checks import Attribution as Attribution
    from modelwright.spec.checks import Bias as Bias
    from modelwright.spec.checks import Drift as Drift
    from modelwright.spec.checks import Performance as Performance
    from modelwright.spec.checks import Quality as Quality
    from modelwright.spec.cluster import Cluster as Cluster
    from modelwright.spec.cron import Cron as Cron
    from modelwright.spec.data_store import DataStore as DataStore
    from modelwright.spec.duration import Duration as Duration
    from modelwright.spec.endpoint import Autoscale as Autoscale
    from modelwright.spec.endpoint import Endpoint as Endpoint
    from modelwright.spec.environment import Environment as Environment
    from modelwright.spec.feature_store import FeatureStore as FeatureStore
    from modelwright.spec.feature_store import FeatureView as FeatureView
    from modelwright.spec.gates import Approval as Approval
    from modelwright.spec.gates import Cost as Cost
    from modelwright.spec.gates import Metric as Metric
    from modelwright.spec.gates import Passes as Passes
    from modelwright.spec.gates import Soak as Soak
    from modelwright.spec.guardrail import Guardrail as Guardrail
    from modelwright.spec.image import Image as Image
    from modelwright.spec.loading import load_project as load_project
    from modelwright.spec.model_registry import Model as Model
    from modelwright.spec.model_registry import ModelRegistry as ModelRegistry
    from modelwright.spec.monitor import Email as Email
    from modelwright.spec.monitor import Monitor as Monitor
    from modelwright.spec.monitor import Retrain as Retrain
    from modelwright.spec.monitor import Webhook as Webhook
    from modelwright.spec.policy import Budget as Budget
    from modelwright.spec.project import Project as Project
    from modelwright.spec.reference import Given as Given
    from modelwright.spec.reference import Secret as Secret
    from modelwright.spec.rollout import AllAtOnce as AllAtOnce
    from modelwright.spec.rollout import Canary as Canary
    from modelwright.spec.size import Size as Size
    from modelwright.spec.training import TrainingJob as TrainingJob
    from modelwright.spec.tuning import Choice as Choice
    from modelwright.spec.tuning import Interval as Interval
    from modelwright.spec.tuning import Tuning as Tuning
    from modelwright.workload.context import TrainContext as TrainContext

    __version__: str

_HOMES = {
    "client.connect": ("connect",),
    "spec.accelerator": ("Accelerator",),
    "spec.checks": ("Attribution", "Bias", "Drift", "Performance", "Quality"),
    "spec.cluster": ("Cluster",),
    "spec.cron": ("Cron",),
    "spec.data_store": ("DataStore",),
    "spec.duration": ("Duration",),
    "spec.endpoint": ("Autoscale", "Endpoint"),
    "spec.environment": ("Environment",),
    "spec.feature_store": ("FeatureStore", "FeatureView"),
    "spec.gates": ("Approval", "Cost", "Metric", "Passes", "Soak"),
    "spec.guardrail": ("Guardrail",),
    "spec.image": ("Image",),
    "spec.loading": ("load_project",),
    "spec.model_registry": ("Model", "ModelRegistry"),
    "spec.monitor": ("Email", "Monitor", "Retrain", "Webhook"),
    "spec.policy": ("Budget",),
    "spec.project": ("Project",),
    "spec.reference": ("Given", "Secret"),
    "spec.rollout": ("AllAtOnce", "Canary"),
    "spec.size": ("Size",),
    "spec.training": ("TrainingJob",),
    "spec.tuning": ("Choice", "Interval", "Tuning"),
    "workload.context": ("TrainContext",),
}
_HOME = {name: f"modelwright.{module}" for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME, "__version__"])  # noqa: PLE0605  # one table says where each name lives; a test compares it with the block above


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        value: object = version("modelwright")
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(
            f"module 'modelwright' has no attribute {name!r}", name=name, obj=__import__("modelwright")
        )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
