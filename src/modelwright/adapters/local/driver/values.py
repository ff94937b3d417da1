"""Values of the local platform made plain: references answered by outputs, lookups by where the project lies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from modelwright.assembly.value import Given, Lookup, Ref, Value, freeze, nodes, resolve, thaw
from modelwright.errors import UsageError, did_you_mean

FUNCTIONS = ("local:path", "local:uri")
"""`{path}`, relative to the project's folder, as an absolute path or a `file://` URI; an empty one is the folder."""


def resolved(value: Value, outputs: Mapping[str, Mapping[str, Any]], project_dir: Path) -> Value:
    """Return a value with references and lookups answered; slots and secrets stay.

    Raises `UsageError` for a value that a surrounding program would have to give: there is none here.
    """
    refuse_given(value)
    return freeze(resolve(value, partial(_output, outputs), lookup=partial(_look_up, project_dir)))


def refuse_given(value: Value) -> None:
    """Raise `UsageError` for a value that a surrounding program would have to give."""
    for node in nodes(value):
        if isinstance(node, Given):
            raise UsageError(
                f"Given({node.path!r}) comes from a surrounding Pulumi program, and this machine's platform has none",
                remedy="give the value itself in this environment, by an override",
            )


def plain_inputs(inputs: Mapping[str, Value], outputs: Mapping[str, Any], project_dir: Path) -> dict[str, Any]:
    """Return a resource's inputs as plain JSON."""
    found: dict[str, Any] = thaw(resolved(inputs, outputs, project_dir))
    return found


def _output(outputs: Mapping[str, Any], ref: Ref) -> Value:
    found: Any = outputs.get(ref.resource, {})
    for part in ref.output.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise UsageError(f"resource {ref.resource} has no output {ref.output!r}")
        found = found[part]
    return found


def _look_up(project_dir: Path, lookup: Lookup) -> str:
    if lookup.function not in FUNCTIONS:
        raise UsageError(f"the local platform does not answer {lookup.function!r}",
                         remedy=did_you_mean(lookup.function, FUNCTIONS))  # fmt: skip
    path = project_dir / str(lookup.args.get("path", ""))
    return path.as_uri() if lookup.function == "local:uri" else str(path)
