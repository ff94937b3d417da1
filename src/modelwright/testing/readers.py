"""Fields that no adapter need emit, because the product itself reads them from the platform record, and where it does.

Every entry is looked at by a person before it is added, and verified by the kit: the module's code must read the key.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

READERS: dict[str, tuple[str, str]] = {
    "approval.count": ("modelwright.lifecycle.gates", "count"),
    "approval.not_author": ("modelwright.lifecycle.gates", "not_author"),
    "approval.role": ("modelwright.lifecycle.gates", "role"),
    "beats.alias": ("modelwright.lifecycle.gates", "alias"),
    "canary.bake": ("modelwright.lifecycle.rollout", "bake"),
    "canary.min_requests": ("modelwright.lifecycle.rollout", "min_requests"),
    "canary.rollback_when": ("modelwright.lifecycle.rollout", "rollback_when"),
    "canary.steps": ("modelwright.lifecycle.rollout", "steps"),
    "cost.maximum": ("modelwright.lifecycle.gates", "maximum"),
    "cost.of": ("modelwright.lifecycle.gates", "of"),
    "endpoint.mirror": ("modelwright.lifecycle.serving", "mirror"),
    "endpoint.rollout": ("modelwright.lifecycle.planning", "rollout"),
    "endpoint.serves": ("modelwright.lifecycle.record", "serves"),
    "endpoint.shadow": ("modelwright.lifecycle.serving", "shadow"),
    "model.evaluation_window": ("modelwright.lifecycle.evaluation", "evaluation_window"),
    "monitor.alerts": ("modelwright.lifecycle.watching", "alerts"),
    "monitor.retrain": ("modelwright.lifecycle.retraining", "retrain"),
    "retrain.cooldown": ("modelwright.lifecycle.retraining", "cooldown"),
    "retrain.job": ("modelwright.lifecycle.retraining", "job"),
    "retrain.monthly_budget": ("modelwright.lifecycle.retraining", "monthly_budget"),
    "retrain.on": ("modelwright.lifecycle.retraining", "on"),
    "retrain.when": ("modelwright.lifecycle.retraining", "when"),
    "soak.as_": ("modelwright.lifecycle.gates", "as"),
    "soak.duration": ("modelwright.lifecycle.gates", "duration"),
    "soak.environment": ("modelwright.lifecycle.gates", "environment"),
    "soak.min_requests": ("modelwright.lifecycle.gates", "min_requests"),
    "threshold.operator": ("modelwright.lifecycle.gates", "operator"),
    "threshold.value": ("modelwright.lifecycle.gates", "value"),
    "training.hyperparameters": ("modelwright.lifecycle.training", "hyperparameters"),
}
"""Field → the module that reads it from the record, and the key by which it does."""


def is_read(path: str) -> bool:
    """Return whether the module that is named for a field does read its key."""
    module, key = READERS[path]
    return key in keys_read(module)


@cache
def keys_read(module: str) -> frozenset[str]:
    """Return the keys that a module's code looks up in mappings; the module is read and not imported."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.origin:
        return frozenset()
    return frozenset(_lookups(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))))


def _lookups(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(key)), ctx=ast.Load()):
                yield key
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
                yield key
