"""Environment variables of workloads, with secrets by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelwright.assembly.value import Given, SecretRef, Value
from modelwright.spec import reference


def environment_variables(*layers: Mapping[str, Any]) -> dict[str, Value]:
    """Return variables, later layers winning, with the spec's secrets and given values as nodes."""
    merged = {name: value for layer in layers for name, value in layer.items()}
    return {name: as_value(value) for name, value in sorted(merged.items())}


def as_value(value: Any) -> Value:
    """Return a spec's string, secret or given value as a value."""
    if isinstance(value, reference.Secret):
        return SecretRef(value.name)
    if isinstance(value, reference.Given):
        return Given(value.path)
    return value
