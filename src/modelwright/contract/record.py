"""The platform record: what `up` hands over to everything that runs after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.value import Value, thaw, to_json
from modelwright.contract.place import Location
from modelwright.errors import WrongScopeError

VERSION = 1
NEEDED = ("project", "environment", "adapter", "scope", "outputs", "requests", "desired")
"""What no record can lack."""
REPAIR = "restore it from a copy, or remove it and run `modelwright up`: that writes it again and makes nothing anew"


def platform_record(assembly: Assembly, resolve: Callable[[Value], Value]) -> dict[str, Any]:
    """Return the record of an applied assembly (`modelwright.platform/1`).

    `resolve` answers references, lookups and given values; slots stay open and secrets stay names.
    """
    return {
        "schema": f"modelwright.platform/{VERSION}",
        "project": assembly.project,
        "environment": assembly.environment,
        "adapter": assembly.adapter,
        "scope": to_json(resolve(assembly.scope)),
        "assembly": assembly.digest,
        "spec": assembly.spec,
        "by": f"modelwright {version('modelwright')}",
        "identities": to_json(resolve(assembly.identities)),
        "outputs": to_json(resolve(assembly.outputs)),
        "requests": [
            {
                "name": request.name,
                "purpose": request.purpose,
                "operation": request.operation,
                "body": to_json(resolve(request.body)),
            }
            for request in assembly.requests
        ],
        "desired": thaw(assembly.desired),
    }


def check_scope(record: Mapping[str, Any], location: Location) -> None:
    """Refuse a record that was written for another account, project, namespace or folder. Raises `WrongScopeError`."""
    found = dict(record["scope"])
    if found == dict(location.scope):
        return
    differing = sorted(key for key in {*found, *location.scope} if found.get(key) != location.scope.get(key))
    said = "; ".join(f"{key} {found.get(key)!r} instead of {location.scope.get(key)!r}" for key in differing)
    raise WrongScopeError(
        f"the platform record of {record['environment']} was written for {said}",
        remedy="if the project was moved, run `modelwright up` again: it repairs the record",
    )
