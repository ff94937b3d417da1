"""Refuses what would destroy data or protected things unless it was allowed by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from modelwright.assembly.resource import Resource
from modelwright.errors import DataLossError, GateError


def refuse_loss(lost: Iterable[Resource], allowed: frozenset[str], has_data: Callable[[Resource], bool]) -> None:
    """Raise for resources that may not go: `GateError` if protected, `DataLossError` if they hold data.

    `allowed` names resources, or the declared resources that own them.
    """
    losing = list(lost)
    if protected := [resource.name for resource in losing if resource.protect]:
        raise GateError(
            f"{', '.join(protected)} is protected from deletion",
            remedy="declare protect=False, run `modelwright up`, then run this command again",
        )
    holding = [resource for resource in losing if resource.holds_data and has_data(resource)]
    if refused := [resource for resource in holding if not {resource.name, resource.owner} & allowed]:
        names = list(dict.fromkeys(resource.owner or resource.name for resource in refused))
        raise DataLossError(
            f"this would destroy the data in {', '.join(resource.name for resource in refused)}",
            remedy=f"if that is meant: {' '.join(f'--allow-data-loss {name}' for name in names)}",
        )
