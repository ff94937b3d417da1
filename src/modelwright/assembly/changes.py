"""What differs between two assemblies, said for a person: each change with its reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from modelwright.assembly.assembly import Assembly
from modelwright.assembly.request import Request
from modelwright.assembly.resource import Resource
from modelwright.assembly.value import to_json

Kind = Literal["create", "update", "replace", "delete"]
Subject = Literal["resource", "request", "declaration"]
_LONGEST = 60
_MEANING = {
    "serve": "serving configuration of {owner} changes: a new release of the same version",
    "train": "the next run of {owner} is started differently",
    "tune": "the next tuning of {owner} is started differently",
    "evaluate": "the next evaluation in {owner} is made differently",
    "monitor": "the next window of {owner} is computed differently",
    "batch": "the next batch of {owner} is computed differently",
    "materialise": "the next materialisation in {owner} is made differently",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `holds_data` marks a replacement or deletion that destroys data."""

    name: str
    kind: Kind
    reasons: tuple[str, ...] = ()
    holds_data: bool = False
    owner: str = ""
    subject: Subject = "resource"

    def __str__(self) -> str:
        data = " (holds data)" if self.holds_data else ""
        why = f": {'; '.join(self.reasons)}" if self.reasons else ""
        return f"{self.kind} {self.name}{data}{why}"


def changes(old: Assembly | None, new: Assembly) -> tuple[Change, ...]:
    """Return what applying `new` over `old` changes: resources in order with deletions last, requests, declarations.

    A declaration that comes or goes is only named where nothing was lowered from it.
    """
    lowered = (*_resources(old, new), *_requests(old, new))
    owners = {change.owner for change in lowered}
    declared = (item for item in _declarations(old, new) if item.kind == "update" or item.owner not in owners)
    return (*lowered, *declared)


def pairs(old: Sequence[Resource], new: Sequence[Resource]) -> list[tuple[Resource, Resource | None]]:
    """Return each new resource with the old one that it continues, if any; an old one is continued once.

    A resource continues the old one of its name, unless another was renamed from that name.
    """
    before = {resource.name: resource for resource in old}
    renamed: dict[str, Resource] = {}
    for resource in new:
        former = next((name for name in reversed(resource.renamed_from) if name in before), None)
        if former and resource.name not in before:
            renamed[resource.name] = before.pop(former)
    return [(resource, renamed.get(resource.name) or before.get(resource.name)) for resource in new]


def _resources(old: Assembly | None, new: Assembly) -> Iterator[Change]:
    kept = set()
    for resource, former in pairs(old.resources if old else (), new.resources):
        if former is None:
            yield Change(resource.name, "create", (resource.token,), owner=resource.owner)
            continue
        kept.add(former.name)
        if change := resource_change(former, resource):
            yield change
    for resource in reversed(old.resources if old else ()):
        if resource.name not in kept:
            yield Change(resource.name, "delete", ("no longer declared",), resource.holds_data, resource.owner)


def resource_change(old: Resource, new: Resource) -> Change | None:
    """Return how one resource changes, or None when it does not."""
    reasons = [f"renamed from {old.name}"] if old.name != new.name else []
    differing = set()
    if old.token != new.token:
        reasons.append(f"type: {old.token} → {new.token}")
    for path, was, becomes in differences(to_json(old.inputs), to_json(new.inputs), "inputs"):
        differing.add(path.split(".")[1])
        reasons.append(f"{path}: {was} → {becomes}")
    if old.protect != new.protect:
        reasons.append("protected from deletion" if new.protect else "no longer protected from deletion")
    if not reasons:
        return None
    replaced = old.token != new.token or bool(differing & set(new.replace_on))
    kind: Kind = "replace" if replaced else "update"
    return Change(new.name, kind, tuple(reasons), replaced and old.holds_data, new.owner)


def _requests(old: Assembly | None, new: Assembly) -> Iterator[Change]:
    before = {request.name: request for request in old.requests} if old else {}
    for request in new.requests:
        former = before.pop(request.name, None)
        if former is None:
            yield Change(request.name, "create", (request.operation,), owner=request.owner, subject="request")
        elif former.digest != request.digest:
            reasons = _request_reasons(former, request)
            yield Change(request.name, "update", reasons, owner=request.owner, subject="request")
    for request in before.values():
        yield Change(request.name, "delete", ("no longer declared",), owner=request.owner, subject="request")


def _request_reasons(old: Request, new: Request) -> tuple[str, ...]:
    meaning = _MEANING.get(new.purpose)
    reasons = [meaning.format(owner=new.owner)] if meaning else []
    if old.operation != new.operation:
        reasons.append(f"operation: {old.operation} → {new.operation}")
    found = differences(to_json(old.body), to_json(new.body), "body")
    return (*reasons, *(f"{path}: {was} → {becomes}" for path, was, becomes in found))


def _declarations(old: Assembly | None, new: Assembly) -> Iterator[Change]:
    before = dict(old.desired) if old else {}
    for name, document in new.desired.items():
        former = before.pop(name, None)
        if former is None:
            yield Change(name, "create", (str(document.get("kind", "")),), owner=name, subject="declaration")
            continue
        found = differences({**former, "config": ""}, {**document, "config": ""}, "")
        reasons = tuple(f"{path}: {was} → {becomes}" for path, was, becomes in found)
        if reasons:
            yield Change(name, "update", reasons, owner=name, subject="declaration")
    for name in before:
        yield Change(name, "delete", ("no longer declared",), owner=name, subject="declaration")


def differences(old: Any, new: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield the path, the old and the new spelling of every leaf that differs between two JSON values."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            below = f"{path}.{key}" if path else key
            if key not in old:
                yield below, "none", _short(new[key])
            elif key not in new:
                yield below, _short(old[key]), "none"
            else:
                yield from differences(old[key], new[key], below)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple) and len(old) == len(new):
        for index, (was, becomes) in enumerate(zip(old, new, strict=True)):
            yield from differences(was, becomes, f"{path}.{index}")
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, _short(old), _short(new)


def _short(value: Any) -> str:
    if isinstance(value, str):
        text = value
    else:
        text = json.dumps(
            value, default=lambda item: dict(item) if isinstance(item, Mapping) else str(item), ensure_ascii=False
        )
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
