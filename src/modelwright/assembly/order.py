"""The order in which resources can be made: what is needed comes first, else as declared."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from modelwright.assembly.resource import Resource
from modelwright.errors import UsageError


def ordered(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """Return resources with those they need before them, otherwise in the given order.

    Raises `UsageError` naming the cycle when there is none such order.
    """
    position = {resource.name: index for index, resource in enumerate(resources)}
    waiting = {resource.name: len(resource.needs) for resource in resources}
    users: dict[str, list[str]] = {name: [] for name in position}
    for resource in resources:
        for needed in resource.needs:
            users[needed].append(resource.name)
    ready = [position[name] for name, count in waiting.items() if not count]
    heapq.heapify(ready)
    done: list[Resource] = []
    while ready:
        resource = resources[heapq.heappop(ready)]
        done.append(resource)
        for user in users[resource.name]:
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(ready, position[user])
    if len(done) < len(resources):
        stuck = {resource.name: resource.needs for resource in resources if waiting[resource.name]}
        raise UsageError(f"resources need each other in a circle: {' → '.join(_cycle(stuck))}")
    return tuple(done)


def _cycle(needs: Mapping[str, frozenset[str]]) -> list[str]:
    """Return one cycle among resources that all wait for one another, its first name repeated at the end."""
    path = [min(needs)]
    while True:
        following = min(name for name in needs[path[-1]] if name in needs)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)
