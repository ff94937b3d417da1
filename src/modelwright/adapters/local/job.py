"""The body of a local job: which workload, its config, and what bounds its process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from modelwright.assembly.value import Lookup, Value
from modelwright.contract.scope import Scope

OPERATION = "local.Job"
Verb = Literal["train", "evaluate", "monitor", "materialise", "batch"]


def body(
    verb: Verb, config: Mapping[str, Value], scope: Scope, *, env: Mapping[str, Any] | None = None, **bounds: Value
) -> dict[str, Value]:
    """Return the body; `bounds` are `timeout` in seconds, `retries` and `limits`."""
    python = scope.settings.python
    return {
        "verb": verb,
        "config": config,
        "env": scope.env(env or {}),
        "python": Lookup("local:path", {"path": python}) if python else None,
        **bounds,
    }
