"""What every local environment gets: a control store, and folders for jobs and alerts."""

from __future__ import annotations

from modelwright.assembly.value import Lookup
from modelwright.contract.outputs import FoundationOutputs
from modelwright.contract.scope import Scope
from modelwright.spec.project import Resolved


def lower(_project: Resolved, scope: Scope) -> FoundationOutputs:
    """Add the folders; the project's code is used where it lies."""
    control = scope.add("local:ControlStore", {"path": "control"}, part="control", holds_data=True)
    scope.add("local:Directory", {"path": "jobs"}, part="jobs")
    outbox = scope.add("local:Directory", {"path": "outbox"}, part="outbox")
    return FoundationOutputs(
        control=control.ref("uri"),
        code=Lookup("local:uri", {"path": ""}),
        topic=outbox.ref("uri"),
    )
